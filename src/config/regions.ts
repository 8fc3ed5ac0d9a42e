/** HSS and IAM endpoints of one region. */
export interface RegionEndpoints {
  readonly hss: string;
  readonly iam: string;
}

const GLOBAL_IAM = 'https://iam.myhuaweicloud.com';

/**
 * Where each region is reached (contract 6). Five regions have no IAM of their own and use the global one; eu-west-101 is
 * the one partition on another domain.
 */
export const REGIONS: ReadonlyMap<string, RegionEndpoints> = new Map([
  [
    'cn-north-9',
    { hss: 'https://hss.cn-north-9.myhuaweicloud.com', iam: 'https://iam.cn-north-9.myhuaweicloud.com' },
  ],
  [
    'cn-north-1',
    { hss: 'https://hss.cn-north-1.myhuaweicloud.com', iam: 'https://iam.cn-north-1.myhuaweicloud.com' },
  ],
  [
    'cn-north-4',
    { hss: 'https://hss.cn-north-4.myhuaweicloud.com', iam: 'https://iam.cn-north-4.myhuaweicloud.com' },
  ],
  [
    'cn-southwest-2',
    {
      hss: 'https://hss.cn-southwest-2.myhuaweicloud.com',
      iam: 'https://iam.cn-southwest-2.myhuaweicloud.com',
    },
  ],
  [
    'cn-east-2',
    { hss: 'https://hss.cn-east-2.myhuaweicloud.com', iam: 'https://iam.cn-east-2.myhuaweicloud.com' },
  ],
  [
    'cn-east-3',
    { hss: 'https://hss.cn-east-3.myhuaweicloud.com', iam: 'https://iam.cn-east-3.myhuaweicloud.com' },
  ],
  [
    'cn-east-4',
    { hss: 'https://hss.cn-east-4.myhuaweicloud.com', iam: 'https://iam.cn-east-4.myhuaweicloud.com' },
  ],
  [
    'cn-south-1',
    { hss: 'https://hss.cn-south-1.myhuaweicloud.com', iam: 'https://iam.cn-south-1.myhuaweicloud.com' },
  ],
  [
    'cn-south-2',
    { hss: 'https://hss.cn-south-2.myhuaweicloud.com', iam: 'https://iam.cn-south-2.myhuaweicloud.com' },
  ],
  [
    'ap-southeast-1',
    {
      hss: 'https://hss.ap-southeast-1.myhuaweicloud.com',
      iam: 'https://iam.ap-southeast-1.myhuaweicloud.com',
    },
  ],
  [
    'ap-southeast-2',
    {
      hss: 'https://hss.ap-southeast-2.myhuaweicloud.com',
      iam: 'https://iam.ap-southeast-2.myhuaweicloud.com',
    },
  ],
  [
    'ap-southeast-3',
    {
      hss: 'https://hss.ap-southeast-3.myhuaweicloud.com',
      iam: 'https://iam.ap-southeast-3.myhuaweicloud.com',
    },
  ],
  [
    'na-mexico-1',
    { hss: 'https://hss.na-mexico-1.myhuaweicloud.com', iam: 'https://iam.na-mexico-1.myhuaweicloud.com' },
  ],
  [
    'af-south-1',
    { hss: 'https://hss.af-south-1.myhuaweicloud.com', iam: 'https://iam.af-south-1.myhuaweicloud.com' },
  ],
  [
    'sa-brazil-1',
    { hss: 'https://hss.sa-brazil-1.myhuaweicloud.com', iam: 'https://iam.sa-brazil-1.myhuaweicloud.com' },
  ],
  [
    'la-south-2',
    { hss: 'https://hss.la-south-2.myhuaweicloud.com', iam: 'https://iam.la-south-2.myhuaweicloud.com' },
  ],
  ['cn-south-4', { hss: 'https://hss.cn-south-4.myhuaweicloud.com', iam: GLOBAL_IAM }],
  [
    'la-north-2',
    { hss: 'https://hss.la-north-2.myhuaweicloud.com', iam: 'https://iam.la-north-2.myhuaweicloud.com' },
  ],
  [
    'tr-west-1',
    { hss: 'https://hss.tr-west-1.myhuaweicloud.com', iam: 'https://iam.tr-west-1.myhuaweicloud.com' },
  ],
  [
    'cn-north-2',
    { hss: 'https://hss.cn-north-2.myhuaweicloud.com', iam: 'https://iam.cn-north-2.myhuaweicloud.com' },
  ],
  [
    'ap-southeast-4',
    {
      hss: 'https://hss.ap-southeast-4.myhuaweicloud.com',
      iam: 'https://iam.ap-southeast-4.myhuaweicloud.com',
    },
  ],
  ['ae-ad-1', { hss: 'https://hss.ae-ad-1.myhuaweicloud.com', iam: 'https://iam.ae-ad-1.myhuaweicloud.com' }],
  [
    'me-east-1',
    { hss: 'https://hss.me-east-1.myhuaweicloud.com', iam: 'https://iam.me-east-1.myhuaweicloud.com' },
  ],
  [
    'cn-east-5',
    { hss: 'https://hss.cn-east-5.myhuaweicloud.com', iam: 'https://iam.cn-east-5.myhuaweicloud.com' },
  ],
  [
    'my-kualalumpur-1',
    {
      hss: 'https://hss.my-kualalumpur-1.myhuaweicloud.com',
      iam: 'https://iam.my-kualalumpur-1.myhuaweicloud.com',
    },
  ],
  [
    'eu-west-101',
    { hss: 'https://hss.eu-west-101.myhuaweicloud.eu', iam: 'https://iam.eu-west-101.myhuaweicloud.eu' },
  ],
  [
    'ru-moscow-1',
    { hss: 'https://hss.ru-moscow-1.myhuaweicloud.com', iam: 'https://iam.ru-moscow-1.myhuaweicloud.com' },
  ],
  [
    'cn-north-12',
    { hss: 'https://hss.cn-north-12.myhuaweicloud.com', iam: 'https://iam.cn-north-12.myhuaweicloud.com' },
  ],
  ['cn-southwest-3', { hss: 'https://hss.cn-southwest-3.myhuaweicloud.com', iam: GLOBAL_IAM }],
  ['cn-north-11', { hss: 'https://hss.cn-north-11.myhuaweicloud.com', iam: GLOBAL_IAM }],
  ['af-north-1', { hss: 'https://hss.af-north-1.myhuaweicloud.com', iam: GLOBAL_IAM }],
  ['ap-southeast-5', { hss: 'https://hss.ap-southeast-5.myhuaweicloud.com', iam: GLOBAL_IAM }],
]);
