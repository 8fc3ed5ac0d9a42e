import { describe, expect, it } from '@jest/globals';

import { report } from '../validation/report.js';
import { EVENT_TYPE, Last, Limit, Moment, SEVERITY, WordList, Words, wordsOf } from './filter-fields.js';

class QueryDto {
  @Words(SEVERITY, { formerly: ['threatLevel'] })
  severity?: string | string[];

  @Words(EVENT_TYPE)
  eventType?: string | string[];

  @Moment()
  from?: string;

  @Last()
  last?: string;

  @Limit()
  limit?: string;
}

class BodyDto {
  @WordList(SEVERITY)
  severity?: string[];

  @WordList(EVENT_TYPE)
  eventType?: number[];

  @Last({ wholeDaysUpTo: 30, formerly: ['lastDays'] })
  last?: string;
}

const told = (type: new () => object, value: object) => report(type, value).map(({ message }) => message);

describe('words of a query string', () => {
  it('are repeated, or have commas between them, or both', () => {
    for (const severity of ['High', 'High,Low', ['High', 'Low'], ['High,Low', 'Critical']]) {
      expect(told(QueryDto, { severity })).toEqual([]);
    }
    expect(wordsOf(['High,Low', 'Critical'])).toEqual(['High', 'Low', 'Critical']);
    expect(told(QueryDto, { eventType: '1010,1011' })).toEqual([]);
  });

  it.each([
    ['high', 'High'],
    ['High,critcal', 'Critical'],
    [['Low', 'MEDIUM'], 'Medium'],
  ])('%j that are near misses get a suggestion', (severity, meant) => {
    expect(told(QueryDto, { severity })).toEqual([
      `severity must be one or more of: Security, Low, Medium, High, Critical; repeat the parameter, or put commas between; did you mean ${meant}?`,
    ]);
  });

  it('that are far from any get the whole list', () => {
    const [message] = told(QueryDto, { severity: 'dreadful' });
    expect(message).toContain('Security, Low, Medium, High, Critical');
    expect(message).not.toContain('did you mean');
    expect(told(QueryDto, { severity: '' })).toHaveLength(1);
    expect(told(QueryDto, { eventType: '1010,99' })).toHaveLength(1);
  });
});

describe('words of a body', () => {
  it('are a list, and get a suggestion likewise', () => {
    expect(told(BodyDto, { severity: ['High'], eventType: [1010] })).toEqual([]);
    expect(told(BodyDto, { severity: ['High', 'low'] })).toEqual([
      'severity must be a list of: Security, Low, Medium, High, Critical; did you mean Low?',
    ]);
    for (const wrong of [
      { severity: 'High' },
      { severity: [] },
      { eventType: ['1010'] },
      { eventType: [1] },
    ]) {
      expect(told(BodyDto, wrong)).toHaveLength(1);
    }
  });
});

describe('a filter that had another name', () => {
  it('gets its name of now as a suggestion, however far that is from the other', () => {
    expect(told(BodyDto, { lastDays: '7' })).toEqual(['"lastDays" is not a field here; did you mean last?']);
    expect(told(QueryDto, { threatLevel: 'High' })).toEqual([
      '"threatLevel" is not a field here; did you mean severity?',
    ]);
  });
});

describe('a length of time', () => {
  it('is up to ten years, or as many whole days as there may be', () => {
    for (const last of ['30m', '24h', '7d', 'PT24H', '3650d']) expect(told(QueryDto, { last })).toEqual([]);
    for (const last of ['', '1 day', '3651d', '24']) expect(told(QueryDto, { last })).toHaveLength(1);
    for (const last of ['24h', '30d', 'P7D']) expect(told(BodyDto, { last })).toEqual([]);
    for (const last of ['36h', '31d', '30m']) expect(told(BodyDto, { last })).toHaveLength(1);
  });
});
