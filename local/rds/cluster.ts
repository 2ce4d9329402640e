import { type DatabaseDoor, openDatabaseDoor } from './door';
import { readDatabaseToken } from './token';
import { Turns } from './turns';
import { PostgresError } from './wire';
import type { Resource } from '../assembly/assembly';
import type { Deployment } from '../assembly/deployment';
import { arn } from '../assembly/identity';
import type { Certificate } from '../elasticache/certificate';
import type { Principals } from '../iam/principals';
import { startPostgres } from '../postgres/postgres';
import type { Secrets } from '../secrets/secrets';

export interface ClusterSurroundings {
  readonly certificate: Certificate;
  readonly principals: Principals;
  readonly secrets: Secrets;
  readonly onNotice: (line: string) => void;
}

/** A cluster of Aurora PostgreSQL: PGlite behind a door that speaks TLS and asks IAM. It starts when somebody first comes. */
export class LocalCluster {
  static async open(deployment: Deployment, resource: Resource, surroundings: ClusterSurroundings): Promise<LocalCluster> {
    const cluster = new LocalCluster(deployment, resource, surroundings);
    cluster.door = await openDatabaseDoor({
      certificate: surroundings.certificate,
      behind: () => cluster.session(),
      admit: (user, database, password) => cluster.admit(user, database, password),
      onRefused: (reason) => surroundings.onNotice(`local cloud: Aurora let nobody into ${cluster.name}, ${reason}`),
    });
    return cluster;
  }

  readonly name: string;
  readonly arn: string;
  /** As grants name it. */
  readonly resourceId: string;
  readonly endpoint: string;
  readonly dataApi: boolean;
  private readonly database: string;
  private readonly master: string;
  private readonly byIam: boolean;
  private door?: DatabaseDoor;
  private running?: Promise<{ readonly turns: Turns; stop(): Promise<void> }>;

  private constructor(private readonly deployment: Deployment, private readonly resource: Resource, private readonly surroundings: ClusterSurroundings) {
    const { DatabaseName, MasterUsername, EnableHttpEndpoint, EnableIAMDatabaseAuthentication } = deployment.properties(resource);
    this.name = deployment.id(resource);
    this.arn = deployment.attribute(resource, 'DBClusterArn');
    this.resourceId = deployment.attribute(resource, 'DBClusterResourceId');
    this.endpoint = deployment.attribute(resource, 'Endpoint.Address');
    this.dataApi = EnableHttpEndpoint === true;
    this.byIam = EnableIAMDatabaseAuthentication === true;
    this.database = String(DatabaseName ?? 'postgres');
    this.master = referredTo(String(MasterUsername ?? 'postgres'), surroundings.secrets);
  }

  get port(): number {
    return this.door!.port;
  }

  /** Runs statements as whoever a secret logs in; RDS lets its superuser make extensions. */
  async run(sql: string, database: string, secretArn: string): Promise<void> {
    const { username = '', password = '' } = JSON.parse(this.surroundings.secrets.find(secretArn) ?? '{}') as { username?: string; password?: string };
    this.requireMaster(username, password);
    this.requireDatabase(database);
    const turns = await this.session();
    await turns.run(sql, /^\s*CREATE EXTENSION\b/i.test(sql) ? undefined : this.owner);
  }

  /** The rows of a statement, for a test that looks into the tables past every rule. */
  async look(sql: string): Promise<(string | null)[][]> {
    return (await this.session()).run(sql);
  }

  async stop(): Promise<void> {
    await this.door?.stop();
    await (await this.running?.catch(() => undefined))?.stop();
  }

  private async session(): Promise<Turns> {
    this.running ??= this.start();
    return (await this.running).turns;
  }

  private async start() {
    const server = await startPostgres();
    const turns = await Turns.open(server.port, server);
    const stop = async () => {
      turns.stop();
      await server.stop();
    };
    for (const statement of [
      'CREATE ROLE rds_superuser NOLOGIN', 'CREATE ROLE rds_iam NOLOGIN', `CREATE ROLE "${this.owner}" LOGIN CREATEROLE CREATEDB`,
      `GRANT rds_superuser, rds_iam TO "${this.owner}" WITH ADMIN OPTION`, `ALTER DATABASE ${server.database} OWNER TO "${this.owner}"`,
    ]) await turns.run(statement);
    return { turns, stop };
  }

  /** The master as PGlite knows them, whose own `postgres` may do everything, as nobody may in Aurora. */
  private get owner(): string {
    return this.master === 'postgres' ? 'postgres_of_rds' : this.master;
  }

  private async admit(user: string, database: string, password: string): Promise<string> {
    this.requireDatabase(database);
    if (user === this.master) {
      this.requireMaster(user, password);
      return this.owner;
    }
    const turns = await this.session();
    const [known] = await turns.run(`SELECT 1 FROM pg_roles WHERE rolcanlogin AND NOT rolsuper AND pg_has_role(oid, 'rds_iam', 'MEMBER') AND rolname = '${user.replace(/'/g, "''")}'`);
    if (!known || !this.byIam) throw new Error(`nobody logs in as '${user}' by IAM`);
    const proof = readDatabaseToken(password, `127.0.0.1:${this.port}`, user);
    const denial = this.surroundings.principals.authorize(proof, { action: 'rds-db:connect', resource: arn('rds-db', `dbuser:${this.resourceId}/${user}`) });
    if (denial) throw new Error(denial.message);
    return user;
  }

  private requireDatabase(database: string): void {
    if (database !== this.database) throw new PostgresError('3D000', `database "${database}" does not exist`);
  }

  private requireMaster(user: string, password: string): void {
    if (user !== this.master || password === '' || password !== this.password()) throw new PostgresError('28P01', `password authentication failed for user "${user}"`);
  }

  private password(): string {
    const { deployment, resource, surroundings: { secrets } } = this;
    const { ManageMasterUserPassword, MasterUserPassword = '' } = deployment.properties(resource);
    if (ManageMasterUserPassword !== true) return referredTo(String(MasterUserPassword), secrets);
    return (JSON.parse(secrets.find(deployment.attribute(resource, 'MasterUserSecret.SecretArn')) ?? '{}') as { password?: string }).password ?? '';
  }
}

/** A text of a template, or what it refers to: `{{resolve:secretsmanager:<ARN>:SecretString:password::}}`. */
function referredTo(text: string, secrets: Secrets): string {
  const [, secretArn, field] = /^\{\{resolve:secretsmanager:(arn:.+?:secret:[^:]+):SecretString:([^:]+)/.exec(text) ?? [];
  if (secretArn === undefined) return text;
  return String((JSON.parse(secrets.find(secretArn) ?? '{}') as Record<string, unknown>)[field] ?? '');
}
