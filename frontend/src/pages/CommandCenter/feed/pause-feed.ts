/** Name of the window event that pauses or resumes the feed. */
export const toggleFeedPauseEvent = 'cecelia:pause-feed';
