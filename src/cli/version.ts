/** Kept equal to package.json by a test; read from there it would cost every start a file. */
export const version = '0.1.0';
