import { startSimulator } from './simulator.js';

const simulator = await startSimulator({
  port: Number(process.env['SIMULATOR_PORT'] ?? 8787),
  host: process.env['SIMULATOR_HOST'] ?? '127.0.0.1',
});

const variables: Record<string, string> = {
  HSS_REGION: simulator.project.region,
  HSS_PROJECT_ID: simulator.project.id,
  HSS_ENDPOINT: simulator.url,
  IAM_ENDPOINT: simulator.url,
  IAM_DOMAIN_NAME: simulator.account.domain,
  IAM_USER_NAME: simulator.account.user,
  IAM_PASSWORD: simulator.account.password,
};

const lines = [
  `Simulated IAM and HSS at ${simulator.url}. To point a gateway at them:`,
  ...Object.entries(variables).map(([name, value]) => `  ${name}=${value}`),
];
process.stdout.write(`${lines.join('\n')}\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void simulator.close().then(() => process.exit(0)));
}
