import { accessKeyInFile, accessKeyOfEnvironment } from './access-key-credentials.js';
import type { CredentialsConfig } from './config.js';
import type { ConfigSource, Environment } from './environment.js';
import type { Field } from './field.js';
import { METADATA_ENDPOINT, readMetadataEndpoint } from './metadata-endpoint.js';
import { passwordInFile, passwordOfEnvironment } from './password-credentials.js';

/** Finds a project's credentials: its own, all of them, else those of the environment. Never half of each. */
export class CredentialsReader {
  /** Reads what the environment gives at once, so that what is wrong with it is told once; called, notes what is missing. */
  private readonly readShared: () => CredentialsConfig;
  private sharedCredentials: CredentialsConfig | undefined;

  constructor(
    environment: Environment,
    private readonly readFile: ConfigSource['readFile'],
  ) {
    this.readShared = sharedReader(environment);
  }

  /** Those of the environment: needed only from the first project on that has none of its own. */
  shared(): CredentialsConfig {
    return (this.sharedCredentials ??= this.readShared());
  }

  ofProject(own: Field): CredentialsConfig {
    if (!own.given) return this.shared();
    const kind = own.member('kind');
    switch (kind.given ? kind.raw : 'token') {
      case 'token':
        return passwordInFile(own, this.readFile);
      case 'aksk':
        return accessKeyInFile(own, this.readFile);
      case 'ecs-metadata': {
        const { metadataEndpoint } = own.object('kind', 'metadataEndpoint');
        return { kind: 'ecs-metadata', endpoint: readMetadataEndpoint(metadataEndpoint) };
      }
      default:
        // What the other keys should be can't be told of an unknown kind.
        kind.oneOf(['token', 'aksk', 'ecs-metadata']);
        return { kind: 'ecs-metadata', endpoint: METADATA_ENDPOINT };
    }
  }
}

function sharedReader(environment: Environment): () => CredentialsConfig {
  switch (environment.field('HSS_AUTH').oneOf(['token', 'aksk', 'ecs'], 'token')) {
    case 'token':
      return passwordOfEnvironment(environment);
    case 'aksk':
      return accessKeyOfEnvironment(environment);
    case 'ecs':
      return () => ({ kind: 'ecs-metadata', endpoint: METADATA_ENDPOINT });
  }
}
