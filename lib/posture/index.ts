export { Firewall, type ManagedFirewallOptions } from './firewall';
export * from './posture';
