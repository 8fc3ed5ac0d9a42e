import type { AgencyConfig, PasswordCredentials } from './config.js';
import type { ConfigSource, Environment } from './environment.js';
import type { Field } from './field.js';
import { IAM_NAME } from './formats.js';
import { readSecret, type Secret } from './secret.js';

interface Agency {
  readonly agencyName: Field;
  readonly agencyDomainName: Field;
}

export function passwordOfEnvironment(environment: Environment): () => PasswordCredentials {
  const password = environment.secret('IAM_PASSWORD');
  const names = [environment.field('IAM_DOMAIN_NAME'), environment.field('IAM_USER_NAME')] as const;
  const agency = readAgency({
    agencyName: environment.field('IAM_AGENCY_NAME'),
    agencyDomainName: environment.field('IAM_AGENCY_DOMAIN_NAME'),
  });
  return () => {
    // Whoever gives a key means to use it.
    const other = environment.gives('HSS_AK') ? ', or set HSS_AUTH=aksk to sign with HSS_AK' : '';
    const remedy = `or give every project its own credentials${other}`;
    for (const name of names) if (!name.given) name.note(`is missing: set it, ${remedy}`);
    if (password === undefined)
      environment.note('IAM_PASSWORD', `is missing: set it or IAM_PASSWORD_FILE, ${remedy}`);
    const [domainName, userName] = names.map((name) => name.text(IAM_NAME, '')) as [string, string];
    return passwordCredentials(domainName, userName, password, agency);
  };
}

export function passwordInFile(own: Field, readFile: ConfigSource['readFile']): PasswordCredentials {
  const fields = own.object(
    'kind',
    'domainName',
    'userName',
    'password',
    'passwordFile',
    'agencyName',
    'agencyDomainName',
  );
  const secret = readSecret(fields.password, fields.passwordFile, readFile);
  if (secret === undefined) fields.password.note('is missing: give it, or passwordFile');
  return passwordCredentials(
    fields.domainName.text(IAM_NAME),
    fields.userName.text(IAM_NAME),
    secret,
    readAgency(fields),
  );
}

/** An agency is named by two words; one alone is half of it, and told as such. */
function readAgency({ agencyName, agencyDomainName }: Agency): AgencyConfig | undefined {
  if (!agencyName.given && !agencyDomainName.given) return undefined;
  return { name: agencyName.text(IAM_NAME), domainName: agencyDomainName.text(IAM_NAME) };
}

function passwordCredentials(
  domainName: string,
  userName: string,
  password: Secret | undefined,
  agency: AgencyConfig | undefined,
): PasswordCredentials {
  return {
    kind: 'password',
    domainName,
    userName,
    password: password?.value ?? '',
    ...(password?.file !== undefined && { passwordFile: password.file }),
    ...(agency && { agency }),
  };
}
