/**
 * Files that hold secrets: left out before anything of them is indexed. Only patterns that hardly ever match anything
 * else, since one match sets the whole file aside. The reason names the rule, never the secret.
 * Pure; knows nothing about disks.
 */

interface SecretRule {
  readonly name: string;
  readonly expression: RegExp;
}

const NAMES: readonly SecretRule[] = [
  {
    name: "a file of environment secrets",
    expression: /^\.env(?:\.(?!example|sample|template|dist|defaults?|schema)[\w.-]+)?$/iu,
  },
  { name: "a private SSH key", expression: /^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/u },
  { name: "a key store", expression: /\.(?:p12|pfx|jks|keystore|kdbx|ppk)$/iu },
  {
    name: "stored passwords",
    expression: /^(?:\.netrc|_netrc|\.pgpass|\.my\.cnf|\.htpasswd|\.git-credentials|\.dockercfg)$/u,
  },
  { name: "Terraform state", expression: /\.tfstate(?:\.backup)?$/u },
];

/** A key id in documentation says so. */
const EXAMPLE = /example|sample|dummy|fake|placeholder|x{6}|0{8}|1234567/iu;

const TEXTS: readonly SecretRule[] = [
  {
    name: "a private key",
    expression:
      /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\n|\s)+(?:[\w-]+: [^\n]*\s+)*[A-Za-z0-9+/=\\n\s]{64}/u,
  },
  { name: "an AWS access key", expression: /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/u },
  { name: "a GitHub token", expression: /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b/u },
  { name: "a GitLab token", expression: /\bglpat-[A-Za-z0-9_-]{20,}\b/u },
  { name: "a Slack token", expression: /\bxox[abeprs]-[A-Za-z0-9-]{20,}\b/u },
  { name: "a Google API key", expression: /\bAIza[A-Za-z0-9_-]{35}\b/u },
  { name: "a Stripe key", expression: /\b[rs]k_live_[A-Za-z0-9]{20,}\b/u },
  { name: "an API key of a model service", expression: /\bsk-(?:ant|proj|or)-[A-Za-z0-9_-]{32,}\b/u },
  { name: "an npm token", expression: /\bnpm_[A-Za-z0-9]{36}\b|_authToken\s*=\s*(?!\$)[A-Za-z0-9_-]{20,}/u },
  { name: "a PyPI token", expression: /\bpypi-[A-Za-z0-9_-]{60,}\b/u },
  { name: "a SendGrid key", expression: /\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b/u },
  { name: "an Azure storage key", expression: /\bAccountKey=[A-Za-z0-9+/]{80,}={0,2}/u },
];

/** What the name alone gives away, or null. */
export function secretByName(path: string): string | null {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return NAMES.find((rule) => rule.expression.test(name))?.name ?? null;
}

/** What the text gives away, or null. */
export function secretInText(text: string): string | null {
  for (const { name, expression } of TEXTS) {
    for (const [match] of text.matchAll(new RegExp(expression, "gu"))) {
      if (name === "a private key" || !EXAMPLE.test(match)) return name;
    }
  }
  return null;
}
