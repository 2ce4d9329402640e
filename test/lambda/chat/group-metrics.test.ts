import { ModelFailure } from '../../../lambda/ports/model';
import { GROUP_METRICS } from '../../../lib/contract/chat-groups';
import { ChatApi } from '../fakes/api';
import { says } from '../fakes/model';

const hi = { messages: [{ role: 'user', content: 'Hi' }] };
const byGroup = (api: ChatApi) => api.measured.filter(({ again }) => again);

test('counts a turn again for the caller\'s group', async () => {
  const api = new ChatApi([says('Hello')], { userGroups: ['premium', 'trial'] });
  await api.chat(hi, { groups: ['trial'] });
  expect(byGroup(api)).toEqual([{ about: { Group: 'trial' }, again: true, values: expect.objectContaining({ Turns: 1, Errors: 0, InputTokens: 130, OutputTokens: 4 }) }]);
  expect(Object.keys(byGroup(api)[0].values)).toEqual([...GROUP_METRICS]);
  expect(api.measured.filter(({ again, values }) => !again && values.Turns === 1)).toHaveLength(1);
});

test('counts whoever is in none of the groups together, and their failures', async () => {
  const api = new ChatApi([[new ModelFailure('unavailable', 'down')]], { userGroups: ['premium'] });
  await api.chat(hi, { groups: ['staff'] });
  expect(byGroup(api)).toMatchObject([{ about: { Group: 'other' }, values: { Turns: 0, Errors: 1 } }]);
});

test('counts nothing by group where no groups were named', async () => {
  const api = new ChatApi([says('Hello')]);
  await api.chat(hi, { groups: ['premium'] });
  expect(byGroup(api)).toEqual([]);
});
