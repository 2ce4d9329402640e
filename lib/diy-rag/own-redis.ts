import { Connections, type ISecurityGroup, type IVpc, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { placeOutside } from './outside-store';
import { indexPrefix } from './shared-store';
import { type IndexBuild, type StoreBinding } from './store-binding';
import { fail, requireInteger, requirePattern } from '../internal/validation';
import { type PlaceBeside } from '../knowledge/knowledge-needs';
import { CalledService } from '../posture';
import { DatabaseNetwork } from '../rag/database-network';
import { credentialsArn, letReadSecret } from '../rag/store-credentials';

/** A server of Redis 8, or of Redis Stack 7.4 or later, that you have. */
export interface RedisStoreOptions {
  /** Its name, such as `redis-12345.c1.us-east-1-2.ec2.cloud.redislabs.com`. */
  readonly host: string;

  /**
   * Its port.
   *
   * @default 6379
   */
  readonly port?: number;

  /**
   * The secret that is its password, or has `password` and, for another user than the default one, `username`.
   *
   * @default - nobody has to log in
   */
  readonly secret?: ISecret;

  /**
   * Whether it speaks TLS, with a certificate that everybody trusts. With Posture.regulated() it has to.
   *
   * @default true
   */
  readonly tls?: boolean;

  /**
   * The VPC that it is reached from, in which handlers run then.
   *
   * @default - it is reached over the internet; with Posture.regulated() subnets have to lead there, such as by a NAT gateway
   */
  readonly vpc?: IVpc;

  /**
   * The subnets of the VPC that handlers run in.
   *
   * @default - private subnets, as the posture says
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Its security group, which is told to let handlers in. Goes with `vpc`.
   *
   * @default - none; needed with `vpc`
   */
  readonly securityGroup?: ISecurityGroup;
}

export interface OwnRedisProps extends IndexBuild, RedisStoreOptions {}

const PORT = 6_379;

/** Indexes of a server of Redis that somebody has. */
export class OwnRedis extends Construct {
  public readonly binding: StoreBinding;

  constructor(scope: Construct, id: string, private readonly props: OwnRedisProps) {
    super(scope, id);
    const { host, port = PORT, secret, tls } = props;
    requirePattern(this, 'host', host, /^[a-zA-Z0-9.-]+$/, 'the name of a server without a scheme or a port, such as redis.example.com');
    requireInteger(this, 'port', port, 1, 65_535);
    if (tls === false && !props.posture.publicStores) {
      fail(this, "'tls' must be true with Posture.regulated(), under which nothing travels in the clear, within a VPC too, got false: have the server speak TLS, or take VectorStore.memoryDb()");
    }
    const secretArn = secret && credentialsArn(this, 'secret', secret);
    const allow = (grantee: IGrantable) => this.letLogIn(grantee, secretArn);
    this.binding = {
      reference: { kind: 'redis', host, port, secretArn, tls, prefix: indexPrefix(this) },
      calls: secret ? [CalledService.SECRETS_MANAGER] : [],
      place: this.placeBeside(port),
      settled: [host, port],
      words: true,
      textFilters: false,
      letWrite: allow,
      letSearch: allow,
      letManage: allow,
    };
  }

  private placeBeside(port: number): PlaceBeside {
    const { vpc, vpcSubnets, securityGroup, posture, ...build } = this.props;
    if (!vpc) {
      if (vpcSubnets ?? securityGroup) fail(this, "'vpc' must be given with 'vpcSubnets' and 'securityGroup', got none: name the VPC that the server is reached from, or leave the others out");
      return placeOutside({ called: 'a server of Redis without a VPC', port, others: "name the server's own, VectorStore.redis({ vpc, securityGroup }), or take VectorStore.memoryDb()" });
    }
    if (!securityGroup) fail(this, "'securityGroup' must be the group of the server, so that handlers are let in, got none: give it beside 'vpc'");
    const network = new DatabaseNetwork(this, { ...build, placement: posture._storePlace(this), vpc, vpcSubnets });
    return network.placeBeside(new Connections({ securityGroups: [securityGroup] }), port);
  }

  private letLogIn(grantee: IGrantable, secretArn: string | undefined) {
    if (secretArn !== undefined) letReadSecret(this, grantee, secretArn, this.props.secret?.encryptionKey);
  }
}
