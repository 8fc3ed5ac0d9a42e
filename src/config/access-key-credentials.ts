import type { AccessKeyCredentials } from './config.js';
import type { ConfigSource, Environment } from './environment.js';
import type { Field } from './field.js';
import { ACCESS_KEY, SECURITY_TOKEN } from './formats.js';
import { readSecret, type Secret } from './secret.js';

export function accessKeyOfEnvironment(environment: Environment): () => AccessKeyCredentials {
  const ak = environment.secret('HSS_AK', ACCESS_KEY);
  const sk = environment.secret('HSS_SK');
  const securityToken = environment.secret('HSS_SECURITY_TOKEN', SECURITY_TOKEN);
  return () => {
    for (const [name, secret] of [['HSS_AK', ak] as const, ['HSS_SK', sk] as const]) {
      if (secret !== undefined) continue;
      const remedy = `set it or ${name}_FILE, or give every project its own credentials`;
      environment.note(name, `is missing: ${remedy}`);
    }
    return accessKeyCredentials(ak, sk, securityToken);
  };
}

export function accessKeyInFile(own: Field, readFile: ConfigSource['readFile']): AccessKeyCredentials {
  const fields = own.object('kind', 'ak', 'akFile', 'sk', 'skFile', 'securityToken', 'securityTokenFile');
  const ak = readSecret(fields.ak, fields.akFile, readFile, ACCESS_KEY);
  const sk = readSecret(fields.sk, fields.skFile, readFile);
  const securityToken = readSecret(fields.securityToken, fields.securityTokenFile, readFile, SECURITY_TOKEN);
  if (ak === undefined) fields.ak.note('is missing: give it, or akFile');
  if (sk === undefined) fields.sk.note('is missing: give it, or skFile');
  return accessKeyCredentials(ak, sk, securityToken);
}

function accessKeyCredentials(
  ak: Secret | undefined,
  sk: Secret | undefined,
  securityToken: Secret | undefined,
): AccessKeyCredentials {
  return {
    kind: 'aksk',
    ak: ak?.value ?? '',
    sk: sk?.value ?? '',
    ...(ak?.file !== undefined && { akFile: ak.file }),
    ...(sk?.file !== undefined && { skFile: sk.file }),
    ...(securityToken && { securityToken: securityToken.value }),
    ...(securityToken?.file !== undefined && { securityTokenFile: securityToken.file }),
  };
}
