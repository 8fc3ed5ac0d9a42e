import { present, text, time, type Listed } from './listed-value.js';
import { itemIdOf, LOGIN_WHITELIST as LIST } from '../hss/index.js';
import type { ListedResource } from './listed-resource.js';
import {
  LoginWhitelistQueryDto,
  type LoginWhitelistEntryDto,
  type LoginWhitelistTargetDto,
} from './login-whitelist.dto.js';

/** Contract 2.6.1. */
export const LOGIN_WHITELIST: ListedResource<LoginWhitelistEntryDto, LoginWhitelistQueryDto> = {
  list: LIST,
  query: LoginWhitelistQueryDto,
  filters: (query) => [
    ['private_ip', query.privateIp],
    ['login_ip', query.loginIp],
    ['login_user_name', query.loginUserName],
  ],
  item: (line) => ({
    id: itemIdOf(LIST, line),
    ...present<Partial<LoginWhitelistEntryDto>>({
      target: targetOf(line),
      remark: text(line['remarks']),
      updatedAt: time(line['update_time']),
      enterpriseProjectName: text(line['enterprise_project_name']),
    }),
  }),
  // An entry keeps alarms of logins from coming, of whichever type.
  facts: () => ({}),
};

function targetOf(line: Listed): LoginWhitelistTargetDto | undefined {
  const privateIp = text(line['private_ip']);
  const loginIp = text(line['login_ip']);
  const loginUserName = text(line['login_user_name']);
  return privateIp && loginIp && loginUserName ? { privateIp, loginIp, loginUserName } : undefined;
}
