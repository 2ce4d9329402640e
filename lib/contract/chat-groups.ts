/** The value of the dimension `Group` for callers who are in none of the groups that the builder named. */
export const OTHER_GROUPS = 'other';

/** Metrics of turns that are counted again by group, with the dimensions `Service` and `Group`, under the names that they have without it. */
export const GROUP_METRICS = ['Turns', 'Errors', 'InputTokens', 'OutputTokens', 'CacheReadTokens', 'Cost'] as const;
