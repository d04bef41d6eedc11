import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const isWindows = process.platform === 'win32';
type Package = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly optionalDependencies: Readonly<Record<string, string>>;
};

// Inside the clone, so that what the program depends on is found there and nothing is downloaded.
let work: string;
let packages: string;
const readPackage = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package;
const own = readPackage(root);

function npm(folder: string, ...args: readonly string[]): string {
  const options = { cwd: folder, encoding: 'utf8', shell: isWindows } as const;
  return execFileSync('npm', args, { ...options, stdio: ['ignore', 'pipe', 'ignore'] });
}

/** Paths of what `npm publish` would send of a folder. */
function packedFiles(folder: string): string[] {
  const [{ files }] = JSON.parse(npm(folder, 'pack', '--dry-run', '--json')) as [
    { files: { path: string }[] },
  ];
  return files.map(({ path }) => path);
}

beforeAll(() => {
  mkdirSync(join(root, 'build'), { recursive: true });
  work = mkdtempSync(join(root, 'build', 'packages-test-'));
  packages = join(work, 'packages');
  execFileSync(process.execPath, [join(root, 'scripts', 'build-packages.mjs'), packages]);
}, 120_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('the packages of a release', () => {
  test('hold the kernels of each platform, for that platform alone', () => {
    const platforms = readdirSync(packages).filter((name) => name !== 'tinypoison');
    expect(platforms).toHaveLength(8);
    for (const platform of platforms) {
      const [os, cpu, libc] = platform.split('-');
      expect(readPackage(join(packages, platform))).toMatchObject({
        name: `@tinypoison/${platform}`,
        version: own.version,
        os: [os],
        cpu: [cpu],
        ...(os === 'linux' ? { libc: [libc] } : {}),
      });
      expect(packedFiles(join(packages, platform)).sort()).toEqual([
        'LICENSE',
        'README.md',
        'package.json',
        'tinypoison.node',
      ]);
    }
  }, 120_000);

  test('hold a program that depends on them, and on nothing of its development', () => {
    const program = readPackage(join(packages, 'tinypoison'));
    const kernels = readdirSync(packages).filter((name) => name !== 'tinypoison');
    expect(program.optionalDependencies).toEqual({
      ...own.optionalDependencies,
      ...Object.fromEntries(kernels.map((platform) => [`@tinypoison/${platform}`, own.version])),
    });
    for (const field of ['dependencies', 'bin', 'exports', 'engines', 'version', 'license'])
      expect(program[field]).toEqual(own[field]);
    expect(program.devDependencies).toBeUndefined();
    expect(program.scripts).toEqual({ install: 'node scripts/build-native.mjs' });
  });

  test('hold all that the program reads', () => {
    const files = packedFiles(join(packages, 'tinypoison'));
    for (const path of [
      ...['LICENSE', 'README.md', 'prebuilt/prebuilt.json', 'src/kernels/c/kernels.c'],
      ...['configs/schema.json', 'configs/models/d32.yaml', 'configs/attacks/denial-of-service.yaml'],
      ...['data/python/tinypoison_model.py', 'docs/clusters.md', 'experiments/quickstart/experiment.yaml'],
      ...['results/constant-count/analysis.json', 'scripts/build-native.mjs', 'scripts/setup-tfjs.mjs'],
      ...['dist/cli/main.js', 'dist/run/pool/worker.js', 'dist/worker/worker.js', 'dist/index.d.ts'],
      ...['dist/lab/index.html', 'dist/lab-single.html'],
    ])
      expect(files).toContain(path);
    expect(files.filter((path) => path.endsWith('.wasm'))).not.toEqual([]);
    expect(files.filter((path) => path.endsWith('.node'))).toEqual([]);
    expect(files.filter((path) => /^(test|node_modules|build)\//.test(path))).toEqual([]);
  });

  test('are not written over a folder that holds something', () => {
    const folder = join(work, 'mine');
    mkdirSync(folder);
    writeFileSync(join(folder, 'notes.txt'), '');
    const write = () =>
      execFileSync(process.execPath, [join(root, 'scripts', 'build-packages.mjs'), folder], {
        stdio: 'pipe',
      });
    expect(write).toThrow(/is not empty/);
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });

  test('install offline: npm takes the kernels that fit, the program uses them, and starts from elsewhere', () => {
    const [project, program] = [join(work, 'project'), join(packages, 'tinypoison')];
    const { dependencies: _, optionalDependencies, ...rest } = readPackage(program);
    const { '@tensorflow/tfjs-node': __, ...kernels } = optionalDependencies;
    writeFileSync(join(program, 'package.json'), JSON.stringify({ ...rest, optionalDependencies: kernels }));
    const tarball = (folder: string) => {
      const packed = npm(folder, 'pack', '--json', '--pack-destination', work);
      return `file:../${(JSON.parse(packed) as [{ filename: string }])[0].filename}`;
    };
    const overrides = Object.fromEntries(
      Object.keys(kernels).map((name) => [name, tarball(join(packages, name.replace('@tinypoison/', '')))]),
    );
    mkdirSync(project);
    const dependencies = { tinypoison: tarball(program) };
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, dependencies, overrides }));
    npm(project, 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund');
    const installed = readdirSync(join(project, 'node_modules', '@tinypoison'));
    expect(installed).toHaveLength(1);
    expect(installed[0]).toMatch(`${process.platform}-${process.arch}`);
    const start = (...args: readonly string[]) =>
      execFileSync(process.execPath, [join(project, 'node_modules/tinypoison/dist/cli/main.js'), ...args], {
        cwd: project,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    expect(start('doctor')).toMatch(/yes native +native \(prebuilt\), .*<- auto/);
    expect(start('plan', 'tinypoison:experiments/quickstart')).toContain('8 runs');
    rmSync(join(project, 'node_modules', '@tinypoison'), { recursive: true });
    const without = start('doctor');
    expect(without).toMatch(/yes wasm .*<- auto/);
    expect(without).toContain(
      `the package @tinypoison/${installed[0]}, which npm leaves out with --omit=optional`,
    );
    expect(existsSync(join(project, 'node_modules/tinypoison/build'))).toBe(false);
  }, 180_000);
});
