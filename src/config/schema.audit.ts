import * as formats from './formats.js';
import { choice, integer, list, object, parsed, secret, text, union } from './schema-language.js';

const MEBIBYTE = 1_048_576;

const OF_EVERY_SINK = {
  name: text(formats.SINK_NAME, {
    doc: 'What the sink is called: its position in the trail is kept under this name.',
  }),
  format: choice(['ndjson', 'ocsf'], {
    default: 'ndjson',
    doc: '`ndjson`: records as they are stored; `ocsf`: events of OCSF 1.6.',
  }),
  from: choice(['start', 'now'], {
    default: 'start',
    doc: 'Where a new sink begins: at the first record of the trail, or at the next one.',
  }),
} as const;

const SINK = union(
  {
    file: {
      inFile: 'file',
      inEnvironment: 'file',
      node: object({
        ...OF_EVERY_SINK,
        path: text(formats.PATH, {
          doc: 'For `file`: the file that lines are appended to; its folder must be there.',
        }),
        rotateBytes: integer(
          1,
          1_048_576,
          {
            file: 'rotateMiB',
            default: 100,
            doc: 'For `file`: how large a file becomes before the next one is begun.',
          },
          MEBIBYTE,
        ),
        keep: integer(1, 10_000, {
          default: 10,
          doc: 'For `file`: how many earlier files are kept beside it, as `.1` (the last one), `.2` and so on.',
        }),
      }),
    },
    webhook: {
      inFile: 'webhook',
      inEnvironment: 'webhook',
      node: object({
        ...OF_EVERY_SINK,
        // Whatever is in the path may be a secret of the receiver's.
        url: parsed(formats.SINK_URL_FORM, formats.parseSinkUrl, {
          shown: (url: string) => new URL(url).origin,
          doc: 'For `webhook`: where records are posted to.',
        }),
        secret: secret({
          format: formats.WEBHOOK_SECRET,
          doc: 'For `webhook`: what posts are signed with, by the scheme of Standard Webhooks.',
        }),
      }),
    },
  },
  { doc: 'What a sink is.' },
);

const WITNESS_NAME = {
  name: text(formats.SINK_NAME, {
    doc: 'What the witness is called: how far it has seen the trail is kept under this name.',
  }),
} as const;

const WITNESS = union(
  {
    file: {
      inFile: 'file',
      inEnvironment: 'file',
      node: object({
        ...WITNESS_NAME,
        path: text(formats.PATH, {
          doc: 'For `file`: the file that checkpoints are appended to, best where the gateway may only append; its folder must be there.',
        }),
      }),
    },
    http: {
      inFile: 'http',
      inEnvironment: 'http',
      node: object({
        ...WITNESS_NAME,
        url: parsed(formats.SINK_URL_FORM, formats.parseSinkUrl, {
          shown: (url: string) => new URL(url).origin,
          doc: 'For `http`: the submission prefix of a witness of C2SP (`tlog-witness`); checkpoints are posted to `add-checkpoint` below it.',
        }),
        publicKey: text(formats.WITNESS_KEY, {
          optional: true,
          doc: 'For `http`: the key that the witness cosigns with; its cosignatures are kept with the checkpoints then.',
        }),
      }),
    },
  },
  { doc: 'What a witness is.' },
);

/** What is done with the audit trail beside keeping it. */
export const AUDIT = object({
  verifySeconds: integer(1, 86_400, {
    default: 60,
    doc: 'Seconds from the end of one verification of the whole trail to the next one, while the gateway runs.',
  }),
  sinks: list('sink', SINK, {
    optional: true,
    doc: 'What is given every record of the audit trail (docs/sinks.md).',
  }),
  witnesses: list('witness', WITNESS, {
    optional: true,
    doc: 'What is shown every checkpoint of the audit trail (docs/audit.md).',
  }),
  retention: object(
    {
      days: integer(1, 36_500, {
        doc: 'After how many days records are moved to archives; whole days (UTC) at a time.',
      }),
      folder: text(formats.PATH, {
        doc: 'The folder that archives are written to; it must be there, and last as long as the records are to.',
      }),
    },
    {
      optional: true,
      doc: 'When records of the audit trail leave the database for archives (docs/operations.md); absent: never.',
    },
  ),
});

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
