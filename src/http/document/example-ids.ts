/** Ids that the document's examples share, so that they tell one story. */
export const EXAMPLE_REQUEST_ID = '0198c5f2-7c1e-7b3a-9f4e-1a2b3c4d5e6f';
export const EXAMPLE_OPERATION_ID = '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d';
export const EXAMPLE_UPSTREAM_REQUEST_ID = '2f3ad0c8f1c04b6e9d8f0a1b2c3d4e5f';
