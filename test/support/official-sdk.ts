import { createRequire } from 'node:module';

import type { KeyPair } from './drop-in.js';

/** As generated clients use the core of the official SDK. */
interface SdkCore {
  readonly BasicCredentials: new (options: object) => { withIamEndpoint(endpoint: string): object };
}
interface SdkRegions {
  readonly Region: new (id: string, endpoint: string) => object;
}
interface SdkBuilders {
  readonly ClientBuilder: new (init: (client: SdkClient) => SdkClient) => SdkBuilder;
}
export interface SdkClient {
  sendRequest(options: object): Promise<SdkAnswer>;
}
export interface SdkAnswer {
  readonly httpStatusCode?: number;
  readonly [member: string]: unknown;
}
interface SdkBuilder {
  withCredential(credential: object): SdkBuilder;
  withEndpoint(endpoint: string): SdkBuilder;
  withRegion(region: object): SdkBuilder;
  build(): SdkClient;
}

const load = createRequire(import.meta.url);

/** A client that is given a region and no project: it asks IAM for the id of the project. */
export function sdkClientOfRegion(endpoint: string, { accessKey, secret }: KeyPair, id: string): SdkClient {
  const core = load('@huaweicloud/huaweicloud-sdk-core') as SdkCore;
  const { ClientBuilder } = load('@huaweicloud/huaweicloud-sdk-core/ClientBuilder') as SdkBuilders;
  const { Region } = load('@huaweicloud/huaweicloud-sdk-core/region/region') as SdkRegions;
  const key = new core.BasicCredentials({ ak: accessKey, sk: secret }).withIamEndpoint(endpoint);
  return new ClientBuilder((client) => client)
    .withCredential(key)
    .withRegion(new Region(id, endpoint))
    .build();
}

/** A client of the official SDK that signs. @param projectId absent: for calls that are of no project */
export function sdkClient(endpoint: string, { accessKey, secret }: KeyPair, projectId?: string): SdkClient {
  const core = load('@huaweicloud/huaweicloud-sdk-core') as SdkCore;
  const { ClientBuilder } = load('@huaweicloud/huaweicloud-sdk-core/ClientBuilder') as SdkBuilders;
  const key = { ak: accessKey, sk: secret };
  const credential = new core.BasicCredentials({ ...key, projectId: projectId ?? 'none' });
  return new ClientBuilder((client) => client).withCredential(credential).withEndpoint(endpoint).build();
}

/** One call as a request builder of the SDK hands it to its core. */
export interface SdkCall {
  readonly method: string;
  /** Path, and query. */
  readonly url: string;
  readonly body?: object;
}

/** The options of a call, as generated clients make them: lists as lists, `region` as header. */
export function sdkOptions({ method, url, body }: SdkCall): object {
  const [path = '', query = ''] = url.split('?');
  const params = new URLSearchParams(query);
  const queryParams = Object.fromEntries(
    [...new Set(params.keys())].map((name) => {
      const values = params.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
  return {
    method,
    url: path,
    contentType: 'application/json',
    queryParams,
    pathParams: {},
    headers: { region: 'cn-north-4' },
    // Generated clients say so where there is no body, and the core signs and sends it.
    data: body ?? {},
  };
}
