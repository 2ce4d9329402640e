export * from './posture';
