import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { BadGatewayException, Injectable } from '@nestjs/common';
import axios from 'axios';
import { PROJECT_ID, REGION } from '../cloud.js';
import type { PlainRequest } from './plain-request.js';

const FIVE_MINUTES = 300_000;

@Injectable()
export class PlainForwarder {
  private readonly http = axios.create({
    baseURL: process.env['UPSTREAM']!,
    timeout: 10_000,
    httpAgent: new HttpAgent({ keepAlive: true }),
    httpsAgent: new HttpsAgent({ keepAlive: true }),
  });
  private token = '';
  private tokenExpiresAt = 0;

  async forward(request: PlainRequest): Promise<void> {
    const token = await this.getToken();
    try {
      await this.http.post(`/v5/${PROJECT_ID}/event/operate`, toUpstreamBody(request), {
        params: { enterprise_project_id: request.scope?.enterpriseProjectId ?? '0' },
        headers: { 'X-Auth-Token': token, region: REGION },
      });
    } catch (error) {
      throw new BadGatewayException('HSS did not accept the operation', { cause: error });
    }
  }

  private async getToken(): Promise<string> {
    if (this.token && this.tokenExpiresAt - Date.now() > FIVE_MINUTES) return this.token;
    const response = await this.http.post<{ token: { expires_at: string } }>('/v3/auth/tokens', {
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: 'bench', password: 'bench', domain: { name: 'bench-account' } } },
        },
        scope: { project: { id: PROJECT_ID } },
      },
    });
    this.token = String(response.headers['x-subject-token']);
    this.tokenExpiresAt = Date.parse(response.data.token.expires_at);
    return this.token;
  }
}

function toUpstreamBody(request: PlainRequest) {
  return {
    operate_type: request.operation,
    handler: request.remark,
    operate_event_list: request.alarms.map((alarm) => ({
      event_class_id: alarm.eventClassId,
      event_id: alarm.eventId,
      event_type: alarm.eventType,
      occur_time: alarm.occurTime,
      operate_detail_list: alarm.details.map((detail) => ({
        agent_id: detail.agentId,
        process_pid: detail.processPid,
        file_hash: detail.fileHash,
        file_path: detail.filePath,
        file_attr: detail.fileAttr,
        keyword: detail.keyword,
        hash: detail.hash,
        private_ip: detail.privateIp,
        login_ip: detail.loginIp,
        login_user_name: detail.loginUserName,
        container_id: detail.containerId,
        container_name: detail.containerName,
      })),
    })),
  };
}
