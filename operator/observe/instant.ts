/** API times have whole seconds. @param now milliseconds since 1970 */
export const instant = (now: number): string => new Date(now).toISOString().replace(/\.\d{3}Z$/, 'Z');
