import { type CfnDataSource } from 'aws-cdk-lib/aws-bedrock';
import { type IConstruct } from 'constructs';
import { requirePatterns } from './connector';
import { fail, requireCount, requireLength } from '../internal/validation';

/** Which things of one kind are read. What matches both lists is left out. */
export interface ObjectFilter {
  /** The kind: of Confluence `Space`, `Page`, `Blog`, `Comment` or `Attachment`; of SharePoint `Page`, `Event` or `File`; of Salesforce `Account`, `Case`, `Contact` and so on. */
  readonly objectType: string;

  /**
   * Regular expressions, one of which the thing's name must match, at most 25.
   *
   * @default - all
   */
  readonly include?: string[];

  /**
   * Regular expressions, none of which the thing's name may match, at most 25.
   *
   * @default - none
   */
  readonly exclude?: string[];
}

type CrawlerFilters = Pick<CfnDataSource.ConfluenceCrawlerConfigurationProperty, 'filterConfiguration'>;

const MOST_FILTERS = 25;

/** As a crawler takes them, where there are any. */
export function crawlFilters(scope: IConstruct, filters: ObjectFilter[] | undefined, kinds?: readonly string[]): CrawlerFilters | undefined {
  if (filters === undefined) return undefined;
  requireCount(scope, 'filters', filters, 1, MOST_FILTERS);
  for (const { objectType, include, exclude } of filters) {
    requireLength(scope, 'filters.objectType', objectType, 1, 50);
    if (kinds && !kinds.includes(objectType)) fail(scope, `'filters.objectType' must be one of ${kinds.join(', ')}, got '${objectType}'`);
    requirePatterns(scope, 'filters.include', include);
    requirePatterns(scope, 'filters.exclude', exclude);
    if (!include && !exclude) fail(scope, `'filters' must say what of '${objectType}' is read, by 'include' or 'exclude', got neither: leave the filter out, and all is read`);
  }
  return {
    filterConfiguration: {
      type: 'PATTERN',
      patternObjectFilter: {
        filters: filters.map(({ objectType, include, exclude }) => ({ objectType, inclusionFilters: include, exclusionFilters: exclude })),
      },
    },
  };
}
