import * as formats from './formats.js';
import { object, secret } from './schema-language.js';

/** What the audit trail is signed with. */
export const AUDIT_KEY = object(
  {
    current: secret({
      env: 'GATEWAY_AUDIT_KEY',
      format: formats.AUDIT_KEY,
      optional: true,
      doc: 'The key that the audit trail is signed with. With an embedded database one is made beside it at the first start; required with PostgreSQL.',
    }),
    previous: secret({
      env: 'GATEWAY_AUDIT_PREVIOUS_KEY',
      format: formats.AUDIT_KEY,
      optional: true,
      doc: 'The key before, to change from it to another one.',
    }),
  },
  { file: false },
);
