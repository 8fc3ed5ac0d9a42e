import * as formats from './formats.js';
import { object, parsed, secret, text, union } from './schema-language.js';

const METADATA_ENDPOINT = 'http://169.254.169.254';

const CREDENTIALS = union(
  {
    password: {
      inFile: 'token',
      inEnvironment: 'token',
      node: object({
        domainName: text(formats.IAM_NAME, {
          env: 'IAM_DOMAIN_NAME',
          doc: 'For `token`: the account that the IAM user belongs to.',
        }),
        userName: text(formats.IAM_NAME, { env: 'IAM_USER_NAME', doc: 'For `token`: the IAM user.' }),
        password: secret({ env: 'IAM_PASSWORD', doc: "For `token`: the user's password." }),
        agency: object(
          {
            name: text(formats.IAM_NAME, {
              file: 'agencyName',
              env: 'IAM_AGENCY_NAME',
              doc: 'For `token`: an agency to act through, if any.',
            }),
            domainName: text(formats.IAM_NAME, {
              file: 'agencyDomainName',
              env: 'IAM_AGENCY_DOMAIN_NAME',
              doc: 'For `token`: the account that delegates to that agency; given with its name.',
            }),
          },
          { flat: true, optional: true },
        ),
      }),
    },
    aksk: {
      inFile: 'aksk',
      inEnvironment: 'aksk',
      node: object({
        ak: secret({ env: 'HSS_AK', format: formats.ACCESS_KEY, doc: 'For `aksk`: the access key id.' }),
        sk: secret({ env: 'HSS_SK', doc: 'For `aksk`: the secret access key.' }),
        securityToken: secret({
          env: 'HSS_SECURITY_TOKEN',
          format: formats.SECURITY_TOKEN,
          optional: true,
          doc: 'For `aksk`: the security token of a temporary key.',
        }),
      }),
    },
    'ecs-metadata': {
      inFile: 'ecs-metadata',
      inEnvironment: 'ecs',
      node: object({
        endpoint: parsed(
          `an origin on a link-local or loopback address, such as ${METADATA_ENDPOINT}`,
          formats.parseMetadataEndpoint,
          {
            file: 'metadataEndpoint',
            default: METADATA_ENDPOINT,
            doc: 'For `ecs-metadata`: the metadata service of the server.',
          },
        ),
      }),
    },
  },
  {
    env: 'HSS_AUTH',
    optional: true,
    doc: "How the gateway authenticates to the cloud: `token` (an IAM user), `aksk` (requests signed with an access key) or the server's own temporary keys (`ecs` in the variable, `ecs-metadata` in the file).",
  },
);

/** One cloud project that operations can act on. Variables describe one project, and give the others what these leave out. */
export const PROJECT = object({
  name: text(formats.PROJECT_NAME, {
    env: 'GATEWAY_PROJECT_NAME',
    environmentDefault: 'default',
    doc: 'What callers and grants call the project.',
  }),
  region: text(formats.REGION, { env: 'HSS_REGION', doc: 'The region of the project.' }),
  projectId: text(formats.PROJECT_ID, {
    env: 'HSS_PROJECT_ID',
    optional: true,
    absent: 'looked up by the name of the region',
    doc: 'The IAM project id.',
  }),
  hssEndpoint: parsed(formats.ORIGIN_FORM, (origin) => formats.parseOrigin(origin)?.origin, {
    file: 'endpoint',
    env: 'HSS_ENDPOINT',
    optional: true,
    absent: 'by region',
    doc: "The origin of HSS, instead of the region's own.",
  }),
  iamEndpoint: parsed(formats.ORIGIN_FORM, (origin) => formats.parseOrigin(origin)?.origin, {
    env: 'IAM_ENDPOINT',
    optional: true,
    absent: 'by region',
    doc: "The origin of IAM, instead of the region's own.",
  }),
  enterpriseProjectId: text(
    formats.ENTERPRISE_PROJECT_ID,
    {
      env: 'HSS_ENTERPRISE_PROJECT_ID',
      environmentDefault: '0',
      optional: true,
      doc: 'The enterprise project of operations that name none.',
    },
    (id) => id.toLowerCase(),
  ),
  credentials: CREDENTIALS,
});
