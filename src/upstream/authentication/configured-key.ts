import type { AccessKeyCredentials } from '../../config/config.js';
import { ACCESS_KEY, SECURITY_TOKEN } from '../../config/formats.js';
import type { Renewal } from './authenticator.js';
import type { Kept } from './expiring-value.js';
import { KeySource } from './key-source.js';
import { ReloadingSecrets, type SecretSetting } from './reloading-secrets.js';
import type { AccessKey } from './signer.js';
import type { AuthDependencies } from './dependencies.js';

type Part = 'ak' | 'sk' | 'securityToken';

/** The access key that the configuration gives, as its files have it now. */
export class ConfiguredKey extends KeySource {
  readonly #secrets: ReloadingSecrets<Part>;
  readonly #temporary: boolean;

  constructor(credentials: AccessKeyCredentials, { clock, log }: AuthDependencies) {
    super();
    const { ak, sk, securityToken, akFile, skFile, securityTokenFile } = credentials;
    this.#temporary = securityToken !== undefined;
    const settings: Record<Part, SecretSetting> = {
      ak: setting(ak, akFile, ACCESS_KEY),
      sk: setting(sk, skFile),
      securityToken: setting(securityToken ?? '', securityTokenFile, SECURITY_TOKEN),
    };
    this.#secrets = new ReloadingSecrets(settings, clock, log);
  }

  get(): Promise<Kept<AccessKey>> {
    return Promise.resolve({ value: this.current, generation: this.#secrets.version });
  }

  accept(): void {
    // A key that works stays in use until its files change.
  }

  async reject(generation: number): Promise<Renewal> {
    await this.#secrets.refresh('now');
    return this.#secrets.version === generation ? 'final' : 'renewed_may_help';
  }

  get trouble(): undefined {
    return undefined;
  }

  get current(): AccessKey {
    // Not waited for: a file system that hangs must not hang requests, and a key that is outdated is rejected and read again.
    void this.#secrets.refresh();
    const { ak, sk, securityToken } = this.#secrets.values;
    return { ak, sk, ...(this.#temporary && { securityToken }) };
  }
}

function setting(value: string, file: string | undefined, format?: SecretSetting['format']): SecretSetting {
  return { value, ...(file !== undefined && { file }), ...(format && { format }) };
}
