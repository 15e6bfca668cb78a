/** The version of the plug-in. */
export const version = '0.1.0';
