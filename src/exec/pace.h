/* Which of two ways of running segments is the faster one, judged now and then by a sample of the other. */
#ifndef SQI_EXEC_PACE_H
#define SQI_EXEC_PACE_H

/* {.until = SQI_PACE_FIRST} at the beginning: the first way. */
typedef struct sqi_pace {
    int second;      /* whether segments are run in the second way */
    unsigned doubts; /* comparisons in succession that spoke against it */
    unsigned until;  /* segments until the next comparison */
} sqi_pace;

/* The first comparison is made behind FIRST segments, so that short runs do not pay for what they cannot
 * gain from; again after SEGMENTS, or at once where it is in doubt. As many doubts in succession as DOUBTS
 * change the way. */
enum { SQI_PACE_FIRST = 4, SQI_PACE_SEGMENTS = 8, SQI_PACE_DOUBTS = 2 };

/* The other way has to be faster by as much, since samples are short. */
#define SQI_PACE_FASTER 0.95

/* Whether the segment that begins is one to compare in; each segment asks once. */
static inline int sqi_pace_due(sqi_pace *pace) {
    if (pace->until == 0)
        return 1;
    pace->until--;
    return 0;
}

/* What a step took in the other way and in the one that is used. */
static inline void sqi_pace_judge(sqi_pace *pace, double other, double used) {
    pace->doubts = other < SQI_PACE_FASTER * used ? pace->doubts + 1 : 0;
    if (pace->doubts == SQI_PACE_DOUBTS) {
        pace->second = !pace->second;
        pace->doubts = 0;
    }
    pace->until = pace->doubts ? 0 : SQI_PACE_SEGMENTS;
}

#endif
