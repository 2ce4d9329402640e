// From aws-cdk-lib 2.265 on this leaves CloudFormation validation to the compliance tests; older ones validate at every synth.
process.env.CDK_VALIDATION ??= 'false';
// aws-cdk-lib calls deprecated props of its own.
process.env.JSII_DEPRECATED ??= 'quiet';
