// Type-checks sources, tests and examples, each file once: under tsconfig.check.json with checked indexing, and in the
// folders that are numeric throughout, where every access is to an array of known length, under tsconfig.numeric.json
// without; what runs in pages under tsconfig.lab.json with the types of the DOM. Examples are JavaScript, checked
// against the sources of the public interface. What has not changed since the last check is not checked again: the
// compiler keeps hashes of files, and what it found in them, in build/types.
// Usage: node scripts/check-types.mjs [folder of these projects; default: the repository]
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const PROJECTS = [
  'tsconfig.check.json',
  'tsconfig.numeric.json',
  'tsconfig.lab.json',
  'tsconfig.examples.json',
];
const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = process.argv[2] ?? repository;

const host = {
  getCurrentDirectory: () => folder,
  getCanonicalFileName: (name) => name,
  getNewLine: () => '\n',
};

/** Files of the language and of packages are parsed once for all projects. */
const parsedFiles = new Map();
function compilerHost(options) {
  const compiler = ts.createIncrementalCompilerHost(options);
  const read = compiler.getSourceFile.bind(compiler);
  compiler.getSourceFile = (path, ...rest) => {
    if (!parsedFiles.has(path)) parsedFiles.set(path, read(path, ...rest));
    return parsedFiles.get(path);
  };
  return compiler;
}

/** A configuration file as the compiler reads it, with its mistakes. */
function readProject(name) {
  const mistakes = [];
  const parsed = ts.getParsedCommandLineOfConfigFile(
    join(folder, name),
    {},
    {
      ...ts.sys,
      getCurrentDirectory: () => folder,
      onUnRecoverableConfigFileDiagnostic: (mistake) => mistakes.push(mistake),
    },
  );
  return { parsed, mistakes: [...mistakes, ...(parsed?.errors ?? [])] };
}

/** Mistakes in the project's own files; what these import is checked by the project that lists it. */
function mistakesOf(name) {
  const { parsed, mistakes } = readProject(name);
  if (mistakes.length > 0 || parsed === undefined) return { files: [], mistakes };
  const options = {
    ...parsed.options,
    incremental: true,
    tsBuildInfoFile: join(folder, 'build/types', `${name}.tsbuildinfo`),
  };
  const program = ts.createIncrementalProgram({
    rootNames: parsed.fileNames,
    options,
    host: compilerHost(options),
  });
  const found = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()];
  const own = new Set(parsed.fileNames);
  while (program.getSemanticDiagnosticsOfNextAffectedFile(undefined, (file) => !own.has(file.fileName)));
  for (const path of parsed.fileNames) {
    const file = program.getSourceFile(path);
    found.push(...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file));
  }
  program.emit();
  return { files: parsed.fileNames, mistakes: found };
}

const results = PROJECTS.map(mistakesOf);
const mistakes = results.flatMap((result) => result.mistakes);
if (mistakes.length > 0) console.error(ts.formatDiagnostics(mistakes, host));

// A file that one project leaves out and the other does not list would never be checked.
const checked = results.flatMap((result) => result.files);
const all = ts.sys.readDirectory(folder, ['.ts'], ['node_modules', 'dist'], ['src', 'test']);
const missing = mistakes.length > 0 ? [] : all.filter((path) => !checked.includes(path));
for (const path of missing) {
  console.error(`${relative(folder, path)}: in none of ${PROJECTS.join(', ')}`);
}
const twice = checked.filter((path, index) => checked.indexOf(path) !== index);
for (const path of twice) console.error(`${relative(folder, path)}: in two of ${PROJECTS.join(', ')}`);
if (checked.length === 0 || mistakes.length + missing.length + twice.length > 0) process.exitCode = 1;
