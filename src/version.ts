import pkg from '../package.json' with { type: 'json' };

/** This tool's version. */
export const toolVersion: string = pkg.version;
