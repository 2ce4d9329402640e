export { Splitter, type SplitOptions, type TableSplitOptions, type TokenSplitOptions } from './splitter';
