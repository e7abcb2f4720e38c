// The second page needs little: the address in its commands, and buttons that copy them.
import { enableCopyButtons, showOrigin } from './page.js';

showOrigin();
enableCopyButtons();
