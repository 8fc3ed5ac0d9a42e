import { readFileSync, writeFileSync } from 'node:fs';

import { configJsonSchema, withReference } from '../config/reference.js';

/** Writes what is made of the schema of the configuration: the tables of `docs/configuration.md`, and the JSON Schema. */

const REFERENCE = new URL('../../../docs/configuration.md', import.meta.url);
const SCHEMA = new URL('../../../openapi/config.schema.json', import.meta.url);

writeFileSync(REFERENCE, withReference(readFileSync(REFERENCE, 'utf8')));
writeFileSync(SCHEMA, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
