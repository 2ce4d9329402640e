import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnNamespace, CfnWorkgroup } from 'aws-cdk-lib/aws-redshiftserverless';
import { type Construct } from 'constructs';
import { QueryEngine, StructuredData, StructuredKnowledge } from '../lib';

/** Answers from tables in Redshift, each with the query whose rows it is from: run `SetupSql` in the database once, then sync. */
export class StructuredKnowledgeStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const namespace = new CfnNamespace(this, 'Namespace', { namespaceName: 'sales', dbName: 'sales', adminUsername: 'owner', manageAdminPassword: true });
    const workgroup = new CfnWorkgroup(this, 'Workgroup', { workgroupName: 'sales', namespaceName: namespace.ref, baseCapacity: 8 });

    const sales = new StructuredKnowledge(this, 'Sales', {
      engine: QueryEngine.redshiftServerless(workgroup.attrWorkgroupWorkgroupArn),
      data: StructuredData.redshift('sales'),
      queries: {
        tables: [{ name: 'sales.public.orders', description: 'One row an order', columns: [{ name: 'amount', description: 'In US dollars, without tax' }] }],
        curated: [{
          question: 'How much did each region sell?',
          sql: 'SELECT region, SUM(amount) AS total FROM sales.public.orders GROUP BY region ORDER BY total DESC',
        }],
      },
    });
    sales.addAlarms();
    sales.addDashboard();

    new CfnOutput(this, 'Url', { value: sales.url });
    new CfnOutput(this, 'SetupSql', { value: sales.setupSql() });
  }
}
