import { nearMisses } from '../domain/nearest.js';
import type { Environment } from './environment.js';
import type { Field } from './field.js';
import { REGION } from './formats.js';
import { REGIONS } from './regions.js';

export interface Endpoints {
  readonly region: string;
  readonly hssEndpoint: string;
  readonly iamEndpoint: string;
}

/** The endpoints that one project of the file gives itself. */
interface OwnEndpoints {
  readonly endpoint: Field;
  readonly iamEndpoint: Field;
}

/** Finds a project's endpoints: its own, else those of the environment, else the region table's. */
export class EndpointReader {
  private readonly insecure: boolean;
  /** Read once, so that what is wrong with them is told once. */
  private readonly sharedHss: string | undefined;
  private readonly sharedIam: string | undefined;

  constructor(environment: Environment) {
    this.insecure = environment.field('GATEWAY_ALLOW_INSECURE_ENDPOINTS').flag(false);
    this.sharedHss = this.origin(environment.field('HSS_ENDPOINT'));
    this.sharedIam = this.origin(environment.field('IAM_ENDPOINT'));
  }

  read(region: Field, own?: OwnEndpoints): Endpoints {
    const hss = (own && this.origin(own.endpoint)) ?? this.sharedHss;
    const iam = (own && this.origin(own.iamEndpoint)) ?? this.sharedIam;
    const id = region.text(REGION);
    const known = REGIONS.get(id);
    if (id !== '' && known === undefined && (hss === undefined || iam === undefined)) {
      const keys = own ? [own.endpoint.key, own.iamEndpoint.key] : ['HSS_ENDPOINT', 'IAM_ENDPOINT'];
      region.note(`is not in the gateway's table of regions: ${remedyFor(id, keys.join(' and '))}`);
    }
    return { region: id, hssEndpoint: hss ?? known?.hss ?? '', iamEndpoint: iam ?? known?.iam ?? '' };
  }

  /** Undefined when nothing is given; the empty placeholder when what is given was refused. */
  private origin(field: Field): string | undefined {
    if (!field.given) return undefined;
    const url = parseOrigin(field.raw);
    if (url === undefined) {
      field.note('must be an origin such as https://host or https://host:8443, without user, path or query');
    } else if (url.protocol === 'http:' && !this.insecure && !isLoopback(url.hostname)) {
      // Over plain HTTP the password and every token could be read on the way.
      field.note(
        'must begin with https; for a simulator on another host set GATEWAY_ALLOW_INSECURE_ENDPOINTS=1',
      );
    } else {
      return url.origin;
    }
    return '';
  }
}

/** The expression is stricter than `URL`, which mends what it is given (backslashes, missing slashes, line breaks). */
function parseOrigin(raw: unknown): URL | undefined {
  if (typeof raw !== 'string' || !/^https?:\/\/[A-Za-z0-9.:[\]-]+\/?$/.test(raw)) return undefined;
  return URL.canParse(raw) ? new URL(raw) : undefined;
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function remedyFor(region: string, endpoints: string): string {
  const near = nearMisses(region, REGIONS.keys()).slice(0, 5);
  const meant = near.length === 0 ? '' : `did you mean ${near.join(' or ')}? For another region `;
  return `${meant}give both ${endpoints}`;
}
