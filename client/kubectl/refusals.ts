/** The two ways in which the plug-in itself says no; what the API server refuses is a KubeError. */

/** A mistake in how the command was called: told with the option's name, exit code 2. */
export class UsageError extends Error {}

/** The command was understood and cannot be done: one line, exit code 1. */
export class CommandError extends Error {}
