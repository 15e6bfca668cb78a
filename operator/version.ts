/** The version of the operator, for the label of what it owns. The image holds no package.json to read it from. */
export const version = '0.1.0';
