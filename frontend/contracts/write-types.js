import { readFile, writeFile } from 'node:fs/promises';
import { asyncApiFile, typesFile } from './files.js';
import { typesOf } from './types.js';

await writeFile(typesFile, await typesOf(JSON.parse(await readFile(asyncApiFile, 'utf8'))));
