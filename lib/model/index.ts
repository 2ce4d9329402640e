export * from './capabilities';
export * from './geography';
export * from './model';
