export const PROJECT_ID = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';
export const REGION = 'cn-north-4';
/** The one token that the tiny upstream issues and accepts. */
export const UPSTREAM_TOKEN = 'MIIbench'.repeat(32);
