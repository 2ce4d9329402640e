import { COMBINED } from './everything';
import { synthesize } from './synthesize';

test.each(COMBINED)('$name: leaves no finding of a rule pack or of CloudFormation unacknowledged', ({ regulated, define }) => {
  expect(synthesize(regulated, define).findings).toEqual([]);
});
