import type { CredentialsConfig, PasswordCredentials } from './config.js';
import type { ConfigSource, Environment } from './environment.js';
import type { Field } from './field.js';
import { IAM_NAME } from './formats.js';
import { readSecret, type Secret } from './secret.js';

/** Finds a project's credentials: its own, all of them, else those of the environment. Never half of each. */
export class CredentialsReader {
  /** Read once, so that what is wrong with them is told once. */
  private readonly domainName: Field;
  private readonly userName: Field;
  private readonly password: Secret | undefined;
  private sharedCredentials: CredentialsConfig | undefined;

  constructor(
    private readonly environment: Environment,
    private readonly readFile: ConfigSource['readFile'],
  ) {
    environment.field('HSS_AUTH').oneOf(['token'], 'token');
    this.domainName = environment.field('IAM_DOMAIN_NAME');
    this.userName = environment.field('IAM_USER_NAME');
    this.password = environment.secret('IAM_PASSWORD');
  }

  /** Those of the environment: needed only from the first project on that has none of its own. */
  shared(): CredentialsConfig {
    return (this.sharedCredentials ??= this.readShared());
  }

  ofProject(own: Field): CredentialsConfig {
    if (!own.given) return this.shared();
    const { domainName, userName, password, passwordFile } = own.object(
      'domainName',
      'userName',
      'password',
      'passwordFile',
    );
    const secret = readSecret(password, passwordFile, this.readFile);
    if (secret === undefined) password.note('is missing: give it, or passwordFile');
    return passwordCredentials(domainName.text(IAM_NAME), userName.text(IAM_NAME), secret);
  }

  private readShared(): CredentialsConfig {
    for (const name of [this.domainName, this.userName]) {
      if (!name.given) name.note('is missing: set it, or give every project its own credentials');
    }
    if (this.password === undefined) {
      const remedy = 'set it or IAM_PASSWORD_FILE, or give every project its own credentials';
      this.environment.note('IAM_PASSWORD', `is missing: ${remedy}`);
    }
    return passwordCredentials(
      this.domainName.text(IAM_NAME, ''),
      this.userName.text(IAM_NAME, ''),
      this.password,
    );
  }
}

function passwordCredentials(
  domainName: string,
  userName: string,
  password: Secret | undefined,
): PasswordCredentials {
  return {
    kind: 'password',
    domainName,
    userName,
    password: password?.value ?? '',
    passwordFromFile: password?.fromFile ?? false,
  };
}
