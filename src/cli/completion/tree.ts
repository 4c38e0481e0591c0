/** A flag as completion needs it. */
export interface FlagEntry {
  name: string;
  char?: string;
  description: string;
  /** True when a value follows. */
  takesValue: boolean;
  /** The only values possible, when there are such. */
  values: readonly string[];
}

/** A place in the command line: the program itself, a topic, a command. */
export interface Place {
  /** Words after the program, joined by spaces; empty for the program itself. */
  path: string;
  children: { name: string; description: string }[];
  flags: FlagEntry[];
  /** What the first argument names, when oaops itself can list it. */
  names?: 'runbook' | 'run';
}

interface ManifestFlag {
  name: string;
  char?: string | undefined;
  description?: string | undefined;
  summary?: string | undefined;
  type: string;
  options?: readonly string[] | undefined;
  hidden?: boolean | undefined;
  allowNo?: boolean | undefined;
}

/** What is read of a command in oclif's manifest. */
export interface ManifestCommand {
  id: string;
  summary?: string | undefined;
  description?: string | undefined;
  hidden?: boolean | undefined;
  args?: Record<string, { options?: readonly string[] | undefined }>;
  flags?: Record<string, ManifestFlag>;
}

export interface ManifestTopic {
  name: string;
  description?: string | undefined;
}

/** Commands whose first argument is the name of a runbook (or a file), or the id of a run. */
const named: Readonly<Record<string, Place['names']>> = {
  run: 'runbook',
  'runbook:show': 'runbook',
  'runbook:plan': 'runbook',
  approve: 'run',
  'runs:abort': 'run',
  'runs:answer': 'run',
  'runs:evidence': 'run',
  'runs:resume': 'run',
  'runs:show': 'run',
  'runs:undo': 'run',
};

/** All places by path, each with what may stand next; the same input always gives the same order. */
export function completionTree(commands: readonly ManifestCommand[], topics: readonly ManifestTopic[]): Place[] {
  const places = new Map<string, Place>();
  const place = (path: string): Place => {
    const known = places.get(path) ?? { path, children: [], flags: [] };
    places.set(path, known);
    return known;
  };
  place('').flags = [
    { name: 'help', char: 'h', description: 'show help', takesValue: false, values: [] },
    { name: 'version', description: 'show the version', takesValue: false, values: [] },
  ];
  for (const command of [...commands].filter((each) => !each.hidden).sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const words = command.id.split(':');
    for (const [depth, name] of words.entries()) {
      const parent = place(words.slice(0, depth).join(' '));
      const whole = words.slice(0, depth + 1).join(':');
      const described = whole === command.id ? command : topics.find((topic) => topic.name === whole);
      const child = parent.children.find((each) => each.name === name);
      const description = firstLine(described);
      if (!child) parent.children.push({ name, description });
      else if (whole === command.id) child.description = description;
    }
    const here = place(words.join(' '));
    here.flags = Object.values(command.flags ?? {})
      .filter((flag) => !flag.hidden)
      .flatMap(flagEntries);
    here.flags.push({ name: 'help', char: 'h', description: 'show help', takesValue: false, values: [] });
    const [first] = Object.values(command.args ?? {});
    here.children.push(...(first?.options ?? []).map((name) => ({ name, description: '' })));
    const names = named[command.id];
    if (names) here.names = names;
  }
  return [...places.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function flagEntries(flag: ManifestFlag): FlagEntry[] {
  const entry: FlagEntry = {
    name: flag.name,
    ...(flag.char ? { char: flag.char } : {}),
    description: firstLine(flag),
    takesValue: flag.type === 'option',
    values: flag.options ?? [],
  };
  return flag.allowNo ? [entry, { ...entry, name: `no-${flag.name}` }] : [entry];
}

function firstLine(described: { summary?: string | undefined; description?: string | undefined } | undefined): string {
  const line = (described?.summary ?? described?.description ?? '').split('\n')[0]!;
  return line.replace(/<%=.*?%>/g, 'oaops').trim();
}
