// Writes docs/api.md, the public interface of the library, from the exports of src/index.ts and their comments.
//   node scripts/build-api-page.mjs [--check]     with --check: fails if the page is not current
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const entry = join(root, 'src', 'index.ts');
const page = join(root, 'docs', 'api.md');

const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const program = ts.createProgram([entry], options);
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: true });

/** What a comment says, links and line breaks taken out. */
const textOf = (parts) =>
  ts
    .displayPartsToString(parts)
    .replace(/\s*\n\s*/g, ' ')
    .trim();

/** A declaration without its body. */
function signatureOf(symbol, declaration) {
  const file = declaration.getSourceFile();
  if (ts.isFunctionDeclaration(declaration)) {
    const { modifiers, asteriskToken, name, typeParameters, parameters, type } = declaration;
    const kept = modifiers?.filter(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword);
    const head = ts.factory.createFunctionDeclaration(
      kept,
      asteriskToken,
      name,
      typeParameters,
      parameters,
      type,
      undefined,
    );
    return printer.printNode(ts.EmitHint.Unspecified, head, file);
  }
  if (ts.isClassDeclaration(declaration)) {
    const bases = (declaration.heritageClauses ?? []).map((clause) => ` ${clause.getText(file)}`).join('');
    return `class ${symbol.name}${bases}`;
  }
  if (ts.isVariableDeclaration(declaration)) {
    return `const ${symbol.name}: ${checker.typeToString(checker.getTypeOfSymbol(symbol), declaration)}`;
  }
  return printer.printNode(ts.EmitHint.Unspecified, declaration, file).replace(/^export /, '');
}

function section(exported) {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const declaration = symbol.declarations?.[0];
  if (declaration === undefined) throw new Error(`${exported.name} is declared nowhere`);
  const path = relative(root, declaration.getSourceFile().fileName).split(sep).join('/');
  const comment = textOf(symbol.getDocumentationComment(checker));
  const tags = symbol.getJsDocTags(checker).map(({ name, text }) => `- *${name}* ${textOf(text ?? [])}`);
  const parts = [`## ${exported.name}`, comment, `\`\`\`ts\n${signatureOf(symbol, declaration)}\n\`\`\``];
  return [...parts, tags.join('\n'), `[${path}](../${path})`].filter(Boolean).join('\n\n');
}

const module = checker.getSymbolAtLocation(program.getSourceFile(entry));
const exports = checker.getExportsOfModule(module).sort((a, b) => (a.name < b.name ? -1 : 1));
const text = `# The library

\`import { … } from 'tinypoison'\`: everything that \`src/index.ts\` exports. The rest may change between versions. Written by \`npm run api\` from the sources.

Programs that use it, run by a test: [examples/experiment.mjs](../examples/experiment.mjs), [examples/in-memory.mjs](../examples/in-memory.mjs) (no disk) and [examples/one-model.mjs](../examples/one-model.mjs) (no experiment). The first:

\`\`\`js
${readFileSync(join(root, 'examples', 'experiment.mjs'), 'utf8').trimEnd()}
\`\`\`

${exports.map(section).join('\n\n')}
`;

if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/api.md is not what the sources say: run `npm run api`.');
  process.exitCode = 1;
}
