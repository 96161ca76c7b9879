/** Said on the window when the feed should pause, or go on. */
export const pauseFeedEvent = 'cecelia:pause-feed';
