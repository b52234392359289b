// What a page of the book does when it is opened. Each part looks for what it is about, and does nothing on a page
// without it.
//
// These are ES modules: each names at its top what it needs, and none has to know who needs it. Those in pure/ know
// no page, no server and no storage, and are tested without a browser. The builder joins all that this one reaches
// into one file; see book/src/page/scripts.rs.

import { startCards } from "./cards.js";
import { Cells } from "./cells.js";
import { startExplorables } from "./explorable.js";
import { startLanes } from "./lanes.js";
import { startExercises, startPredictions, startQuizzes } from "./learn.js";
import { keepOffline } from "./offline.js";
import { reviveRecorded } from "./outputs.js";
import { takeToken } from "./place.js";
import { keepRecord } from "./progress.js";
import { letScroll, openOnPaper, startSidebar, startWeekMap } from "./reading.js";
import { startReview } from "./review.js";
import { startTeaching } from "./teach.js";
import { Toolbar } from "./toolbar.js";

takeToken();
reviveRecorded();
keepRecord();
const cells = new Cells(document.querySelectorAll(".cell"));
if (cells.all.length) new Toolbar(cells);
startQuizzes();
startPredictions();
startExercises();
startLanes();
startWeekMap();
openOnPaper();
startSidebar();
letScroll();
startCards();
startReview();
startTeaching();
keepOffline();
startExplorables();
