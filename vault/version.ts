/** The version this Vault reports to clients, in `/health` and in `/probe`. The image holds no package.json to read it from. */
export const version = '0.1.0';
