// What the tests use of @secvisogram/csaf-validator-lib, which has no declarations of its own.
declare module '@secvisogram/csaf-validator-lib/*' {
  const tests: Readonly<Record<string, (document: unknown) => unknown>>;
  export = tests;
}
declare module '@secvisogram/csaf-validator-lib/schemaTests.js' {
  export const csaf_2_0_strict: (document: unknown) => unknown;
}
declare module '@secvisogram/csaf-validator-lib/validateStrict.js' {
  /** Runs tests over a document. @throws when one is no test of the library */
  export default function validateStrict(
    tests: readonly ((document: unknown) => unknown)[],
    document: unknown,
  ): Promise<{
    readonly isValid: boolean;
    readonly tests: readonly {
      readonly name: string;
      readonly isValid: boolean;
      readonly errors: readonly unknown[];
      readonly warnings: readonly unknown[];
      readonly infos: readonly unknown[];
    }[];
  }>;
}
