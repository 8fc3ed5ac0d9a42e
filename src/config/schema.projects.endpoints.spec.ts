import { describe, expect, test } from '@jest/globals';
import { loadWith, problemsIn, projectOf } from './config.fixture.js';

describe('endpoints', () => {
  test.each([
    ['https://hss.example.com', 'https://hss.example.com'],
    ['https://HSS.example.com:443/', 'https://hss.example.com'],
    ['https://hss.example.com:8443', 'https://hss.example.com:8443'],
    ['http://localhost:9000', 'http://localhost:9000'],
    ['http://127.0.0.1:9000', 'http://127.0.0.1:9000'],
    ['http://[::1]:9000', 'http://[::1]:9000'],
  ])('may be %s', (written, origin) => {
    expect(projectOf(loadWith({ HSS_ENDPOINT: written })).hssEndpoint).toBe(origin);
  });

  test.each([
    'hss.example.com',
    'ftp://hss.example.com',
    'https:hss.example.com',
    'https://hss.example.com/v5',
    'https://hss.example.com?x=1',
    'https://hss.example.com/?',
    'https://hss.example.com#x',
    'https://user:word@hss.example.com',
    'https://hss.example.com\\@other.example.com',
    'https://hss.example.com\n',
    'https://hss.example.com:99999',
    'https://[::1',
  ])('may not be %j', (written) => {
    expect(problemsIn(() => loadWith({ IAM_ENDPOINT: written }))).toEqual({
      IAM_ENDPOINT: expect.stringContaining('must be an origin such as https://host'),
    });
  });

  test.each(['http://simulator:9000', 'http://127.0.0.1.example.com', 'http://localhost.example.com'])(
    'may be %s only when insecure ones are allowed',
    (written) => {
      expect(problemsIn(() => loadWith({ HSS_ENDPOINT: written }))).toEqual({
        HSS_ENDPOINT: expect.stringContaining('set GATEWAY_ALLOW_INSECURE_ENDPOINTS=1'),
      });
      const config = loadWith({ HSS_ENDPOINT: written, GATEWAY_ALLOW_INSECURE_ENDPOINTS: '1' });
      expect(projectOf(config).hssEndpoint).toBe(written);
    },
  );
});

describe('the region', () => {
  test('that is misspelt is refused with what is near, and with no more', () => {
    const { HSS_REGION } = problemsIn(() => loadWith({ HSS_REGION: 'cn-nort-4' }));
    expect(HSS_REGION).toContain(
      'did you mean cn-north-4? For another region give both HSS_ENDPOINT and IAM_ENDPOINT',
    );
  });

  test('that is unknown is refused when only one endpoint is given', () => {
    expect(
      problemsIn(() => loadWith({ HSS_REGION: 'mars-1', HSS_ENDPOINT: 'https://hss.example.com' })),
    ).toEqual({
      HSS_REGION: "is not in the gateway's table of regions: give both HSS_ENDPOINT and IAM_ENDPOINT",
    });
  });

  test('may be unknown when both endpoints are given', () => {
    const config = loadWith({
      HSS_REGION: 'mars-1',
      HSS_ENDPOINT: 'https://hss.example.com',
      IAM_ENDPOINT: 'https://iam.example.com',
    });
    expect(projectOf(config)).toMatchObject({ region: 'mars-1', iamEndpoint: 'https://iam.example.com' });
  });
});
