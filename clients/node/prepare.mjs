// Compiles src/ to dist/. npm runs this before it packs the folder, and when it
// installs the folder, for which it does not install what compiling takes: that
// is done here.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const compiler = "node_modules/typescript/bin/tsc";

// What npm was told about another folder is not to reach the inner npm.
const OUTER =
  /^npm_config_(global|location|prefix|local_prefix|omit|include|install_links|dry_run|package_lock_only|save.*)$/i;
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !OUTER.test(name)),
);

function run(command, ...args) {
  const windows = process.platform === "win32" && command === "npm";
  execFileSync(command, args, {
    cwd: here,
    env,
    stdio: ["ignore", "inherit", "inherit"],
    shell: windows,
  });
}

process.chdir(here);
if (!existsSync(compiler)) {
  run(
    "npm",
    "ci",
    "--include=dev",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
  );
}
run(process.execPath, compiler, "--project", "tsconfig.build.json");
