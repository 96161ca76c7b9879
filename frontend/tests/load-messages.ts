import { loadCatalog } from '../src/i18n/catalog';
import { languages } from '../src/i18n/languages';
import { language } from '../src/i18n/preferences';

// The page loads the messages of its language before it renders. A test that uses messages need not know that.
await Promise.all(languages.map(async (name) => loadCatalog(name)));
await language.start();
