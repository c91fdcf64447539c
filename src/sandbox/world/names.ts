import { itemAt } from './random.ts';
import type { Random } from './random.ts';

/** A name as people write it and as it stands in an address. */
export interface PersonName {
  readonly given: string;
  readonly family: string;
  /** ASCII lower case, such as `maria.garcia`. */
  readonly address: string;
}

/** A part of the company: who works there and how its groups are called. */
export interface Department {
  readonly name: string;
  /** ASCII lower case letters and hyphens. */
  readonly slug: string;
  /** The first is the head's. */
  readonly titles: readonly string[];
}

/** Names come from one region at a time, which keeps most of them plausible. `name|ascii` says how to write one in ASCII. */
const REGIONS: readonly { readonly given: readonly string[]; readonly family: readonly string[] }[] = [
  {
    given: list('Maria, José, Sofía, Carlos, Lucía, Diego, Valentina, Mateo, Camila, Javier, Inés, Andrés'),
    family: list('Garcia, Hernández, López, Martínez, Núñez, Ortega, Ramírez, Sánchez, Torres, de la Cruz'),
  },
  {
    given: list(
      'Emma, James, Olivia, William, Charlotte, Henry, Grace, Jack, Alice, Thomas, Anne-Marie, Owen',
    ),
    family: list(
      "Smith, Johnson, Taylor, Clarke, Bennett, Hughes, O'Brien, Murphy, Campbell, Wright, Foster",
    ),
  },
  {
    given: list('Anna, Lukas, Jürgen, Lena, Felix, Hannah, Matthias, Sabine, Björn, Zoë, Ingrid, Søren'),
    family: list(
      'Müller, Schäfer, Weiß, Becker, Hoffmann, van der Berg, Jørgensen, Lindström, Peeters, Nilsson',
    ),
  },
  {
    given: list(
      'Łukasz, Zofia, Piotr, Agnieszka, Jana, Tomáš, Mirela, Ştefan, Katalin, Dragan, Ivana, Ondřej',
    ),
    family: list(
      'Kowalska, Nowak, Wiśniewski, Dvořák, Novotný, Popescu, Szabó, Horvat, Jovanović, Zieliński',
    ),
  },
  {
    given: list('Priya, Arjun, Ananya, Rohan, Kavya, Vikram, Meera, Sanjay, Aisha, Rahul, Deepa, Farhan'),
    family: list(
      'Patel, Sharma, Iyer, Reddy, Gupta, Khan, Nair, Banerjee, Singh, Chowdhury, Mehta, Fernando',
    ),
  },
  {
    given: list('Mei, Wei, Yuki, Haruto, Ji-woo, Min-jun, 明|ming, 静|jing, Xiuying, Kenji, Sakura, Hao'),
    family: list('Chen, Wang, Tanaka, Sato, Kim, Park, 李|li, 陈|chen, Zhang, Yamamoto, Liu, Choi'),
  },
  {
    given: list('Amara, Kwame, Zanele, Chidi, Ngozi, Tendai, Fatou, Kofi, Ayodele, Thandiwe, Abebe, Nia'),
    family: list('Okafor, Mensah, Dlamini, Nkosi, Adeyemi, Diallo, Abebe, Kamau, Moyo, Traoré, Osei, Banda'),
  },
  {
    given: list('Layla, Omar, Yasmin, Karim, Nour, Elif, Mehmet, Leila, Rami, Tamar, Ayşe, Daniyar'),
    family: list(
      'Haddad, Mansour, Yılmaz, Demir, Farouk, Rahimi, Cohen, Levi, Nasser, Özdemir, Aziz, Karimi',
    ),
  },
  {
    given: list('Linh, Minh, Thảo, Đức, Putri, Budi, Siti, Jasmine, Miguel, Kanya, Somchai, Nhung'),
    family: list('Nguyễn, Trần, Lê, Phạm, Santos, Reyes, Wijaya, Suharto, Srisai, Bautista, Đặng, Lim'),
  },
  {
    given: list('Gabriela, João, Beatriz, Luca, Giulia, Élodie, Théo, Chloé, François, Marta, Rui, Nicolò'),
    family: list(
      "Silva, Gonçalves, Rossi, Ferrari, D'Angelo, Dubois, Lefèvre, Moreau, Araújo, Esposito, Costa",
    ),
  },
];

/** Each has a group of its own at Okta; `platform` is where Engineering's tools live. */
export const DEPARTMENTS: readonly Department[] = [
  department('Finance', 'finance', 'Chief Financial Officer, Controller, Financial Analyst, Accountant'),
  department(
    'Engineering',
    'platform',
    'Head of Engineering, Staff Engineer, Software Engineer, Site Reliability Engineer',
  ),
  department('Support', 'support', 'Head of Support, Support Lead, Support Specialist, Support Engineer'),
  department('Sales', 'sales', 'Chief Revenue Officer, Account Executive, Sales Engineer, Sales Associate'),
  department('Marketing', 'marketing', 'Head of Marketing, Brand Manager, Content Editor, Campaign Manager'),
  department('Data', 'data', 'Head of Data, Data Scientist, Analytics Engineer, Data Analyst'),
  department('Security', 'security', 'Chief Security Officer, Security Engineer, Security Analyst'),
  department('People', 'people', 'Head of People, Recruiter, People Partner, Payroll Specialist'),
  department('Legal', 'legal', 'General Counsel, Counsel, Paralegal, Compliance Manager'),
  department('Product', 'product', 'Chief Product Officer, Product Manager, Product Analyst'),
  department('Design', 'design', 'Head of Design, Product Designer, User Researcher'),
  department('Logistics', 'logistics', 'Head of Logistics, Fleet Planner, Warehouse Planner, Dispatcher'),
  department('Procurement', 'procurement', 'Head of Procurement, Buyer, Supplier Manager'),
  department('Research', 'research', 'Head of Research, Scientist, Laboratory Technician'),
  department('Quality', 'quality', 'Head of Quality, Quality Engineer, Auditor'),
  department('Operations', 'operations', 'Chief Operating Officer, Operations Manager, Operations Analyst'),
];

/** Entra's teams cut across the departments; none is spelt like a slug above, in whatever case. */
export const ENTRA_TEAMS: readonly string[] = [
  'Field Sales',
  'Warehouse Floor',
  'Store Managers',
  'Customer Care',
  'Partner Desk',
  'Night Shift',
  'Plant Engineering',
  'Regional Finance',
];

/** A name out of one region, now and then with a family name from another. */
export function nameSomeone(random: Random): PersonName {
  const home = random.pick(REGIONS);
  const family = random.chance(0.15) ? random.pick(REGIONS) : home;
  const [given, givenAscii] = spelling(random.pick(home.given));
  const [familyName, familyAscii] = spelling(random.pick(family.family));
  return { given, family: familyName, address: `${givenAscii}.${familyAscii}` };
}

/** '' for 0, then `a` to `z`, `aa`, `ab` and so on: endless, and letters only. */
export function letters(number: number): string {
  let rest = number;
  let text = '';
  while (rest > 0) {
    text = itemAt(ALPHABET, (rest - 1) % ALPHABET.length) + text;
    rest = Math.floor((rest - 1) / ALPHABET.length);
  }
  return text;
}

const ALPHABET = [...'abcdefghijklmnopqrstuvwxyz'];

/** Letters that no decomposition turns into ASCII. */
const SPECIAL_LETTERS: ReadonlyMap<string, string> = new Map([
  ['ß', 'ss'],
  ['ø', 'o'],
  ['ł', 'l'],
  ['đ', 'd'],
  ['ı', 'i'],
  ['æ', 'ae'],
]);

function spelling(entry: string): readonly [written: string, ascii: string] {
  const [written = entry, ascii] = entry.split('|');
  return [written, ascii ?? inAscii(written)];
}

function inAscii(written: string): string {
  const plain = [...written.toLowerCase()].map((letter) => SPECIAL_LETTERS.get(letter) ?? letter).join('');
  return plain.normalize('NFD').replaceAll(/[^a-z-]/g, '');
}

function department(name: string, slug: string, titles: string): Department {
  return { name, slug, titles: list(titles) };
}

function list(text: string): readonly string[] {
  return text.split(', ');
}
