import { addDays, isDate } from '../../calendar/dates.ts';
import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { parseWrittenTime } from '../../core/zoned-time.ts';
import type { Audit } from '../audit/audit.ts';
import { isRead, type ReadDirectory } from '../audit/read-all.ts';
import { isEmployeeInComment } from '../directories/linux/accounts.ts';
import { nameOf } from '../entry/name.ts';
import { comparable } from '../matching/comparable.ts';
import type { KnownPerson } from '../matching/people.ts';
import { lineOf } from '../plan/cleanup.ts';
import type { Company } from '../schema/spec.ts';
import { Against, placed, refuseAll } from './against.ts';
import { type Approval, type Asked, approvalsFor } from './approval.ts';
import { Belongings } from './belongings.ts';
import { deliveryFor } from './delivery.ts';
import { dueRights } from './due.ts';
import { mailsOf } from './item.ts';
import { loginProblem, wantedLogin } from './login.ts';
import { directoriesFor, type OpeningPlace, placesFor } from './open-places.ts';
import { type OpeningItem, openingKey } from './opening.ts';
import { Staff, tellPerson } from './staff.ts';

/** One person who is to get accounts. */
export interface OpeningRequest {
  /** Employee number. */
  person: string;
  /** Absent: as the roster has it, or made of the mail address. */
  login?: string;
  /** Last day of a temporary account. */
  until?: string;
  /** Where it stands, for people: `request.csv:3`; absent: on the command line. */
  where?: string;
}

export interface OpeningContext {
  /** An allowed-signers file is there. */
  canApprove: boolean;
  actor: string;
  todayDate: string;
  timeZone: string;
  /** Type of each channel of the configuration: a password goes by mail only. */
  channels: Readonly<Record<string, string>>;
  /** Names of hosts for target selectors. */
  hostNames(selectors: readonly string[]): string[];
}

export interface OpeningPlan {
  openings: OpeningItem[];
  approvals: Approval[];
  /** What people should know, one line each. */
  notes: string[];
}

/** So long before the first day an account may be made. */
const earlyDays = 30;

/**
 * The accounts that some people get, with the rights that are due to them and nothing else. Everything is looked at first: one person for whom something
 * stands against it, and nobody gets anything.
 * @throws OaopsError exit 4: `person-unknown`, `person-not-employed`, `account-exists`, `login-taken`, `head-unknown`, ...; several together in `details.problems`
 */
export function planOpenings(
  audit: Audit,
  company: Company,
  requests: readonly OpeningRequest[],
  context: OpeningContext,
): OpeningPlan {
  const opening = new Opening(audit, company, context);
  const problems: OaopsError[] = [];
  const asked: Asked[] = [];
  const openings: OpeningItem[] = [];
  for (const request of requests)
    try {
      const { person, items } = opening.plan(request);
      openings.push(...items);
      asked.push({
        person,
        what: items.map(
          ({ directory, login, rights }) =>
            `${directory} ${login}${rights.length > 0 ? ` with ${rights.join(', ')}` : ''}`,
        ),
      });
    } catch (error) {
      if (!(error instanceof OaopsError)) throw error;
      problems.push(placed(error, request));
    }
  refuseAll(problems);
  const verb = { en: 'Open accounts', 'zh-CN': '开通账号' };
  const { approval } = company.opening;
  const approvals = approvalsFor(asked, verb, { approval, staff: opening.staff, ...context });
  return { openings, approvals, notes: opening.notes };
}

class Opening {
  readonly staff: Staff;
  readonly notes: string[] = [];
  readonly #audit: Audit;
  readonly #company: Company;
  readonly #context: OpeningContext;
  readonly #belongings: Belongings;
  readonly #directories: ReadDirectory[];
  /** Logins that this plan gives already. */
  readonly #given = new Map<string, string>();

  constructor(audit: Audit, company: Company, context: OpeningContext) {
    const { ignoreCase } = company.matching;
    this.staff = new Staff(audit.read.sources.filter(isRead), ignoreCase);
    this.#audit = audit;
    this.#company = company;
    this.#context = context;
    this.#belongings = new Belongings(audit, ignoreCase);
    this.#directories = directoriesFor(audit, company);
  }

  plan(request: OpeningRequest): { person: KnownPerson; items: OpeningItem[] } {
    const person = this.staff.require(request.person);
    this.#requireEmployed(person);
    const expiresAt = this.#end(request.until, person);
    const places = this.#withoutAccount(person, this.#places(person));
    const login = this.#login(request, person);
    const items = places.map((place) => this.#item(person, place, login, expiresAt));
    return { person, items };
  }

  #requireEmployed(person: KnownPerson): void {
    const { employment, startsOn, unclear, where } = person;
    const who = tellPerson(person);
    const next = 'Look at the roster: nobody gets an account before it says so.';
    if (employment === 'left') throw new Against('person-not-employed', `${who} has left (${where})`, next);
    if (employment === 'unclear')
      throw new Against(
        'person-unclear',
        `it is not clear whether ${who} is employed: ${unclear ?? 'the source says two things'} (${where})`,
        next,
      );
    if (employment !== 'future' || (startsOn !== undefined && startsOn <= addDays(this.#context.todayDate, earlyDays)))
      return;
    throw new Against(
      'person-not-employed',
      `${who} begins on ${startsOn ?? 'a day that is not known'}, more than ${earlyDays} days from now (${where})`,
      'Open the account later.',
    );
  }

  #end(until: string | undefined, person: KnownPerson): number | undefined {
    if (until === undefined) return undefined;
    const written = isDate(until) ? parseWrittenTime(until, this.#context.timeZone) : undefined;
    if (!written)
      throw new OaopsError('until-invalid', `the last day "${until}" is no date`, {
        exitCode: ExitCode.usage,
        next: 'Write it as 2026-12-31.',
      });
    if (until < this.#context.todayDate)
      throw new Against('until-over', `the last day ${until} is over already`, 'Give a day to come.');
    if (person.endsOn !== undefined && until > person.endsOn)
      throw new Against(
        'until-after-end',
        `the account would last until ${until}, and ${tellPerson(person)} leaves on ${person.endsOn} (${person.where})`,
        `Give a day until ${person.endsOn}.`,
      );
    return written.untilMs + 1;
  }

  /** Directories whose sources know the person: an account anywhere else would be an orphan at once. */
  #knowing(person: KnownPerson): ReadDirectory[] {
    const known = this.#directories.filter(({ spec }) => {
      const { judgedBy } = spec;
      if (judgedBy === undefined) return true;
      return this.#audit.read.sources.some(
        (source) =>
          isRead(source) && judgedBy.includes(source.id) && source.people.some(({ id }) => this.#same(id, person.id)),
      );
    });
    if (known.length > 0) return known;
    throw new Against(
      'person-unknown',
      `the sources of ${this.#directories.map(({ spec }) => spec.id).join(', ')} do not know ${tellPerson(person)}`,
      'Look at "judgedBy" of the directories.',
    );
  }

  /** Of directories that are many hosts those where the role asks for an account. */
  #places(person: KnownPerson): OpeningPlace[] {
    const { places, notes } = placesFor(person, this.#knowing(person), {
      roles: this.#audit.roles,
      hostNames: this.#context.hostNames,
    });
    const who = tellPerson(person);
    if (places.length === 0)
      throw new Against(
        'directory-unable',
        `there is no account to open for ${who}: ${notes.join('; ')}`,
        'Look at the role matrix, and at "createOn" of the directory.',
      );
    this.notes.push(...notes.map((note) => `${who}: ${note}`));
    return places;
  }

  #withoutAccount(person: KnownPerson, places: readonly OpeningPlace[]): OpeningPlace[] {
    const who = tellPerson(person);
    for (const { one, reason } of this.#belongings.doubtful(person))
      if (places.some(({ directory }) => directory.spec.id === one.account.directory))
        throw new Against(
          'account-doubtful',
          `the account ${one.account.login} (${one.account.directory}) may be one of ${who}: ${reason}`,
          'Say first whose it is; else one person would have two.',
        );
    const own = this.#belongings.sure(person);
    const told: string[] = [];
    const free = places.filter(({ directory: { spec }, host }) => {
      const there = own.find(
        ({ account: { directory, key, login } }) =>
          directory === spec.id && (host === undefined || key === `${host}:${login}`),
      )?.account;
      if (!there) return true;
      told.push(`${who} has an account in ${spec.id} already: ${nameOf(there)}, ${there.state}`);
      return false;
    });
    if (free.length === 0)
      throw new Against(
        'account-exists',
        told.join('; '),
        'Change rights with "oaops account change"; "oaops account undo" brings back what a run has disabled.',
      );
    this.notes.push(...told);
    return free;
  }

  #login(request: OpeningRequest, person: KnownPerson): string {
    const elsewhere = this.#belongings.sure(person)[0]?.account.login;
    const login = request.login ?? wantedLogin(person, elsewhere);
    const who = tellPerson(person);
    const problem =
      loginProblem(login, this.#directories, this.#company.policies.defaultAccounts) ?? this.#taken(login, person);
    if (problem !== undefined)
      throw new Against(
        'login-taken',
        `${who} cannot get the login "${login}": ${problem}`,
        'Choose another with --login NAME, or the column "login" of the request.',
      );
    this.#given.set(this.#key(login), who);
    return login;
  }

  #taken(login: string, person: KnownPerson): string | undefined {
    const given = this.#given.get(this.#key(login));
    if (given !== undefined) return `${given} gets it`;
    const other = this.staff.otherWithLogin(login, person);
    if (other) return `the roster gives it to ${tellPerson(other)} (${other.where})`;
    const there = this.#belongings
      .withLogin(login)
      .find(({ match }) => !(match.kind === 'person' && this.#same(match.person.id, person.id)));
    return there && `${there.account.name} in ${there.account.directory} has it`;
  }

  #item(person: KnownPerson, place: OpeningPlace, login: string, expiresAt: number | undefined): OpeningItem {
    const { directory, host } = place;
    const { spec, can } = directory;
    const due = dueRights(person, spec, this.#audit.roles);
    const who = tellPerson(person);
    if (due.missing !== undefined)
      throw new Against(
        'role-unknown',
        `the roster does not say the ${due.missing} of ${who} (${person.where}), which rights in ${spec.id} go by`,
        'Enter it into the roster.',
      );
    if (due.rights.length > 0 && !can.has('grant'))
      throw new Against(
        'directory-unable',
        `rights are due to ${who} in ${spec.id}, and it is not able to give any`,
        'Declare how rights are granted, and how that is taken back.',
      );
    if (expiresAt !== undefined && spec.type === 'sql' && !spec.statements.create?.do.includes(':expires_at'))
      throw new Against(
        'directory-unable',
        `accounts of ${spec.id} cannot have an end: its statement "create" has no :expires_at`,
        'Write :expires_at into the statement.',
      );
    if (spec.type === 'linux' && spec.employee === 'gecos' && !isEmployeeInComment(person.id))
      throw new Against(
        'directory-unable',
        `an account of ${who} in ${spec.id} would be nobody's: the number ${person.id} is not found again in its comment`,
        'Take "employee: none" for the directory, or employee numbers of 2 to 32 letters, digits, - and _ with a digit.',
      );
    const deliver = deliveryFor(person, this.staff, this.#company.opening.deliver, this.#context.channels);
    return {
      line: lineOf(spec.id, openingKey({ login, host })),
      directory: spec.id,
      login,
      ...(host === undefined ? {} : { host }),
      person: person.id,
      personName: person.name ?? person.id,
      attributes: attributesOf(person),
      rights: due.rights,
      because: due.because,
      passwordLength: this.#company.opening.passwordLength,
      remindSecondFactor: this.#company.opening.remindSecondFactor,
      mails: mailsOf(person, this.staff),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(deliver ? { deliver } : {}),
    };
  }

  #key(name: string): string {
    return comparable(name, this.#company.matching.ignoreCase);
  }

  #same(id: string, other: string): boolean {
    return this.#key(id) === this.#key(other);
  }
}

function attributesOf({ id, name, mail, department, post }: KnownPerson): Record<string, string> {
  const attributes = { employee: id, personName: name ?? id, mail, department, post };
  return Object.fromEntries(
    Object.entries(attributes).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
}
