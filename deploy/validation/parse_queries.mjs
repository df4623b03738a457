// Reads [[language, query], …] as JSON and writes, for each, null or where it does not parse.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${process.argv[2]}/package.json`));
const parsers = {
  logql: require("@grafana/lezer-logql").parser,
  traceql: require("@grafana/lezer-traceql").parser,
};

function fault(language, query) {
  let at = null;
  parsers[language].parse(query).iterate({
    enter(node) {
      if (node.type.isError && at === null) at = node.from;
    },
  });
  return at === null ? null : `does not parse at “${query.slice(at, at + 40)}” (character ${at})`;
}

const queries = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify(queries.map(([language, query]) => fault(language, query))));
